namespace Portolan.Firewall.Rules;

/// <summary>A set of ipset (linux/netfilter/ipset/ip_set.h).</summary>
/// <param name="Name">Hostile text.</param>
/// <param name="Index">The kernel's number, which rules refer to; <c>null</c> when it is not known.</param>
/// <param name="TypeName">Such as <c>hash:net</c>.</param>
/// <param name="IsIPv4">Whether its addresses are IPv4.</param>
public sealed record IpSet(string Name, ushort? Index, string TypeName, bool IsIPv4)
{
    /// <summary>
    /// Family of its addresses; unspecified where its elements have none (bitmap:port, list:set). A packet of another family is in no set
    /// with addresses.
    /// </summary>
    public RuleFamily Family { get; init; }

    /// <summary>Its elements; <c>null</c> when they could not be read or are of a kind that is not known here.</summary>
    public IReadOnlyList<IpSetElement>? Elements { get; init; }

    /// <summary>The names of the sets of a <c>list:set</c>.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];
}

/// <summary>An element of an ipset. What its type does not have is <c>null</c> or zero.</summary>
/// <param name="First">First address.</param>
/// <param name="Last">Last address.</param>
/// <param name="Protocol">Protocol number, 0 for none.</param>
/// <param name="FirstPort">First port.</param>
/// <param name="LastPort">Last port.</param>
/// <param name="Interface">Interface of hash:net,iface. Hostile text.</param>
/// <param name="IsException">Whether it excludes (nomatch). Of the elements that hold a packet the one with the longest prefix
/// decides.</param>
public sealed record IpSetElement(
    InternetAddress? First,
    InternetAddress? Last,
    byte Protocol,
    ushort FirstPort,
    ushort LastPort,
    string? Interface,
    bool IsException)
{
    /// <summary>First second address, of types such as hash:ip,port,net.</summary>
    public InternetAddress? SecondFirst { get; init; }

    /// <summary>Last second address.</summary>
    public InternetAddress? SecondLast { get; init; }

    /// <summary>Whether the interface is how names start (wildcard).</summary>
    public bool IsInterfacePrefix { get; init; }

    /// <summary>Whether the interface is a port of a bridge (physdev).</summary>
    public bool IsBridgePort { get; init; }

    /// <summary>Seconds until it goes; 0 for one that stays in a set of timeouts; <c>null</c> in a set without.</summary>
    public uint? TimeoutSeconds { get; init; }

    /// <summary>Its comment. Hostile text.</summary>
    public string? Comment { get; init; }
}
