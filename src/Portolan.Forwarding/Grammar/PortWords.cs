namespace Portolan.Forwarding.Grammar;

/// <summary>Ports and protocols as both ends of a forward name them.</summary>
internal static class PortWords
{
    /// <summary>Takes <c>/tcp</c> or <c>/udp</c> off the end; <c>null</c> where there is none.</summary>
    public static TransportProtocol? TakeProtocol(ref string text, string where)
    {
        var slash = text.LastIndexOf('/');
        if (slash < 0)
        {
            return null;
        }

        if (!TransportProtocolNames.TryParse(text.AsSpan(slash + 1), out var protocol)
            || protocol is not (TransportProtocol.Tcp or TransportProtocol.Udp))
        {
            if (text.IndexOf("://", StringComparison.Ordinal) is var scheme and > 0)
            {
                throw Errors.Usage(
                    $"{where}'{text}' is a URL; forward takes HOST:PORT",
                    $"leave out {text[..(scheme + 3)]} and any path, and give the port: web.example.com:80");
            }

            throw Errors.Usage($"{where}'{text[(slash + 1)..]}' is not a protocol that forward supports", $"write /tcp or /udp, e.g. "
                + $"53/udp");
        }

        text = text[..slash];
        return protocol;
    }

    /// <summary>Reads <c>8080</c> or <c>8000-8010</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="word">The whole word, for the error.</param>
    /// <param name="allowsZero">Whether 0 has a meaning.</param>
    /// <param name="where">What stands before an error.</param>
    public static PortRange Parse(ReadOnlySpan<char> text, string word, bool allowsZero, string where)
    {
        var dash = text.IndexOf('-');
        var firstText = dash < 0 ? text : text[..dash];
        var lastText = dash < 0 ? text : text[(dash + 1)..];
        if (!PortNumber.TryParse(firstText, out var first) || !PortNumber.TryParse(lastText, out var last))
        {
            throw Errors.Usage(
                $"{where}'{word}': {(text.IsEmpty ? "the port is missing" : $"'{text}' is no port")}",
                $"a port is a number from 1 to 65535, or a range, e.g. 8000-8010");
        }

        if (first > last)
        {
            throw Errors.Usage($"{where}'{word}': the range runs backwards", $"write {last}-{first}");
        }

        if (first.Value == 0 && !(allowsZero && last.Value == 0))
        {
            throw Errors.Usage($"{where}'{word}': connections to port 0 are impossible", $"a port is a number from 1 to 65535");
        }

        return new PortRange(first, last);
    }

    /// <summary>
    /// Splits <c>HOST:PORT</c>, <c>[IPV6]:PORT</c>; the host is <c>null</c> where there is only a port, the port empty where there is only
    /// a host.
    /// </summary>
    public static (string? Host, string Port) Split(string text, string word, string where)
    {
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0 || (end + 1 < text.Length && text[end + 1] != ':'))
            {
                throw Errors.Usage(
                    $"{where}'{word}': a bracket is not closed, or no colon follows it",
                    $"write an IPv6 address with its port as [2001:db8::1]:80");
            }

            return (text[1..end], end + 2 <= text.Length ? text[(end + 2)..] : "");
        }

        if (InternetAddress.TryParse(text, out var alone))
        {
            // 2001:db8::80 may mean a port at its end, or not.
            return alone.IsIPv4
                ? (text, "")
                : throw Errors.Usage($"{where}'{word}': an IPv6 address needs brackets", $"[{text}]:PORT");
        }

        var colon = text.LastIndexOf(':');
        if (colon >= 0 && text.IndexOf(':', StringComparison.Ordinal) != colon)
        {
            throw Errors.Usage(
                $"{where}'{word}' has more than one colon",
                $"write an IPv6 address in brackets, e.g. [::1]:80; ssh's BIND:PORT:HOST:PORT follows -L");
        }

        return colon < 0 ? (null, text) : (colon == 0 ? null : text[..colon], text[(colon + 1)..]);
    }

    /// <summary>
    /// Reads an address; a link-local one of IPv6 has its interface behind <c>%</c>, without which it means nothing (RFC 4007 section 11).
    /// </summary>
    /// <param name="text">The text, without brackets.</param>
    /// <param name="word">The whole word, for the error.</param>
    /// <param name="where">What stands before an error.</param>
    /// <param name="address">The address.</param>
    /// <param name="zone">Its interface, where it has one.</param>
    /// <returns>Whether it is an address at all.</returns>
    public static bool TryAddress(string text, string word, string where, out InternetAddress address, out string? zone)
    {
        var percent = text.IndexOf('%', StringComparison.Ordinal);
        zone = percent < 0 ? null : text[(percent + 1)..];
        if (!InternetAddress.TryParse(percent < 0 ? text : text.AsSpan(0, percent), out address))
        {
            return false;
        }

        if (zone is null && address is { IsIPv4: false, IsLinkLocal: true })
        {
            throw Errors.Usage(
                $"{where}'{word}': a link-local address needs its interface",
                $"write it after a percent sign, e.g. [{address}%eth0]; ip -brief link lists the interfaces");
        }

        if (zone is not null && (address.IsIPv4 || !address.IsLinkLocal || zone.Length is 0 or > 15))
        {
            throw Errors.Usage($"{where}'{word}': only a link-local IPv6 address takes an interface", $"[fe80::1%eth0]:80");
        }

        return true;
    }

    /// <summary>The path of <c>unix:/run/app.sock</c>, or <c>null</c> for another word.</summary>
    public static string? TakePath(string word, string where)
    {
        var path = word.StartsWith("unix:", StringComparison.OrdinalIgnoreCase)
            ? word[5..]
            : word.StartsWith('/') || word.StartsWith("./", StringComparison.Ordinal) ? word : null;
        if (path is null)
        {
            Refuse(word, where);
            return null;
        }

        if (path is "" or "@" || path.Contains('\0', StringComparison.Ordinal)
            || System.Text.Encoding.UTF8.GetByteCount(path) > Linux.Relay.RelayAddress.MaxPathLength)
        {
            throw Errors.Usage(
                $"{where}'{word}': the path of a Unix socket has 1 to {Linux.Relay.RelayAddress.MaxPathLength} bytes",
                $"portolan forward unix:/run/app.sock web:80");
        }

        return path;
    }

    /// <summary>Words of other programs get an answer of their own.</summary>
    /// <summary>Refuses the words of other programs, with what stands for them here.</summary>
    public static void Refuse(string word, string where)
    {
        if (word.Contains('=', StringComparison.Ordinal) && word.ToUpperInvariant() is var upper
            && (upper.StartsWith("LISTEN", StringComparison.Ordinal) || upper.StartsWith("CONNECT", StringComparison.Ordinal)))
        {
            throw Errors.Usage(
                $"{where}'{word}' is netsh syntax",
                $"listenport=8080 connectaddress=web connectport=80 is portolan forward 8080 web:80");
        }

        var colon = word.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? "" : word[..colon].ToUpperInvariant();
        if (name is "TCP" or "TCP4" or "TCP6" or "UDP" or "UDP4" or "UDP6" or "TCP-LISTEN" or "TCP4-LISTEN" or "TCP6-LISTEN"
            or "UDP-LISTEN" or "UNIX-LISTEN" or "UNIX-CONNECT" && colon > 0)
        {
            throw Errors.Usage(
                $"{where}'{word}' is socat syntax",
                $"socat TCP-LISTEN:8080,fork TCP:web:80 is portolan forward 8080 web:80; for UDP 53/udp 192.0.2.1:53");
        }
    }
}
