namespace Portolan.Forwarding.Grammar;

/// <summary>Where something of the program's own listens: <c>[ADDR:]PORT</c>, without ADDR on loopback only.</summary>
public static class ListenText
{
    /// <summary>Reads it.</summary>
    /// <param name="option">The option, for the error.</param>
    /// <param name="word">Its value.</param>
    /// <returns>The address, <c>null</c> for every one, and the port.</returns>
    /// <exception cref="PortolanException">It is wrong.</exception>
    public static (InternetAddress? Address, PortNumber Port) Parse(string option, string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        var where = $"{option} ";
        var (host, port) = PortWords.Split(word, word, where);
        var ports = PortWords.Parse(port, word, allowsZero: true, where);
        if (ports.Count != 1)
        {
            throw Errors.Usage($"{where}takes one port, not '{word}'", $"{option} 9100");
        }

        var address = host is null ? InternetAddress.LoopbackIPv4 : ListenWord.ParseAddress(host, word, where, out _);
        return address is not { IsIPv4: false, IsLinkLocal: true }
            ? (address, ports.First)
            : throw Errors.Usage(
                $"{where}takes no link-local address",
                $"{option} {ports.First} for this host only, {option} {$"*:{ports.First}"} for every address");
    }
}
