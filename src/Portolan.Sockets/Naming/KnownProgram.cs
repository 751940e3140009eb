namespace Portolan.Sockets.Naming;

/// <summary>A server that is known by the name of its program, of its systemd unit or of its container image.</summary>
/// <param name="Product">The product, such as <c>OpenSSH</c>.</param>
/// <param name="Protocol">What it speaks on whatever port; <c>null</c> where that depends on the port.</param>
/// <param name="Programs">Names of its program files, separated by spaces. Digits and dots at their end do not count: <c>exim4</c> is
/// <c>exim</c>.</param>
internal sealed record KnownProgram(string Product, string? Protocol, string Programs)
{
    /// <summary>Names of units and images beyond those of the programs, separated by spaces.</summary>
    public string Others { get; init; } = "";

    /// <summary>
    /// What is shown where another word says more than the protocol: <c>prometheus</c>. Given where there is no protocol, but for relays of
    /// any protocol.
    /// </summary>
    public string? Label { get; init; }

    /// <summary>What it speaks on the ports that have these names in the registry, separated by spaces.</summary>
    public string ByPort { get; init; } = "";

    /// <summary>It passes on connections of any protocol: on a port of another known service it says nothing.</summary>
    public bool IsRelay { get; init; }

    /// <summary>A folder that its program's path must name, where the file's name alone says little.</summary>
    public string? Folder { get; init; }

    /// <summary>What it speaks on a port, and the word for it; <c>null</c> where it may be another service's.</summary>
    /// <param name="registered">The registry's name of the port, or <c>null</c>.</param>
    public (string? Protocol, string Label)? On(string? registered)
    {
        if (registered is not null && (Has(ByPort, registered) || registered == Protocol))
        {
            return (registered, registered);
        }

        return (Label ?? Protocol) is not { } label || (IsRelay && registered is not null && KnownPrograms.IsProtocol(registered)) ? null
            : (Protocol, label);
    }

    private static bool Has(string words, ReadOnlySpan<char> word)
    {
        foreach (var range in words.AsSpan().Split(' '))
        {
            if (words.AsSpan()[range].SequenceEqual(word))
            {
                return true;
            }
        }

        return false;
    }
}
