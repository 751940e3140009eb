namespace Portolan.Scan.Targets;

/// <summary>What words of the target grammar are read with.</summary>
public sealed record TargetOptions
{
    /// <summary>The ports of hosts that name none of their own; excluded ports are gone from it already.</summary>
    public required PortSelection Ports { get; init; }

    /// <summary>Reads the ports after a colon, such as <c>80,443</c>; see <see cref="PortGrammar"/>.</summary>
    public required PortGrammar PortGrammar { get; init; }

    /// <summary>Ports that are never probed, whoever names them (<c>--exclude-ports</c>).</summary>
    public PortSelection ExcludedPorts { get; init; } = PortSelection.None;

    /// <summary>
    /// The number of the interface with a name (after <c>%</c>); <c>null</c> when there is none. Numbers are understood without it.
    /// </summary>
    public Func<string, uint?>? FindInterface { get; init; }

    /// <summary>All addresses of a name are targets, not only the first (<c>--resolve-all</c>).</summary>
    public bool ResolveAll { get; init; }

    /// <summary>
    /// Only IPv6 addresses of names count (<c>-6</c>), or only IPv4 ones (<c>-4</c>); <c>null</c>: IPv4 first, as nmap, and IPv6 where
    /// there is no IPv4.
    /// </summary>
    public bool? NamesAsIPv6 { get; init; }
}
