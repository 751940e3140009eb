namespace Portolan.Firewall.Host.Ipsec;

/// <summary>
/// A policy of IPsec (ip-xfrm(8)) that may stop packets: it blocks them, or wants them protected by IPsec. Those that let packets pass as
/// they are are left out.
/// </summary>
/// <param name="Direction">For which packets.</param>
/// <param name="IsIPv4">The family.</param>
/// <param name="Blocks">Whether it blocks; else it lets in only what came protected, and protects what goes out.</param>
public sealed record IpsecPolicy(IpsecDirection Direction, bool IsIPv4, bool Blocks)
{
    /// <summary>The senders.</summary>
    public required IntervalSet Sources { get; init; }

    /// <summary>The receivers.</summary>
    public required IntervalSet Destinations { get; init; }

    /// <summary>IP protocol number, 0 for any.</summary>
    public byte Protocol { get; init; }

    /// <summary>The receiver's port; <c>null</c> for any, or where some bits of it count only.</summary>
    public ushort? DestinationPort { get; init; }

    /// <summary>The sender's port; <c>null</c> as above.</summary>
    public ushort? SourcePort { get; init; }

    /// <summary>In words of ip-xfrm(8): <c>dir in src 0.0.0.0/0 dst 0.0.0.0/0 action block</c>.</summary>
    public required string Text { get; init; }

    /// <summary>Whether it may be about packets from these senders to these receivers.</summary>
    /// <param name="isIPv4">The family.</param>
    /// <param name="protocol">IP protocol number.</param>
    /// <param name="sources">Senders.</param>
    /// <param name="destinations">Receivers.</param>
    /// <param name="destinationPort">The receiver's port; <c>null</c> for any.</param>
    /// <param name="sourcePort">The sender's port; <c>null</c> for any.</param>
    public bool MayConcern(
        bool isIPv4, byte protocol, IntervalSet sources, IntervalSet destinations, ushort? destinationPort, ushort? sourcePort) =>
        isIPv4 == IsIPv4 && (Protocol == 0 || Protocol == protocol)
        && (DestinationPort is not { } to || destinationPort is not { } port || to == port)
        && (SourcePort is not { } from || sourcePort is not { } other || from == other)
        && (sources.IsEmpty || Sources.Overlaps(sources)) && (destinations.IsEmpty || Destinations.Overlaps(destinations));
}

/// <summary>Which packets a policy of IPsec is about (XFRM_POLICY_IN and so on).</summary>
public enum IpsecDirection
{
    /// <summary>Those that end here.</summary>
    In,

    /// <summary>Those that leave from here.</summary>
    Out,

    /// <summary>Those that are forwarded.</summary>
    Forward,
}

/// <summary>The policies that may stop packets, or why they are not known.</summary>
/// <param name="Policies">The policies.</param>
/// <param name="Problem">Why they could not be read; <c>null</c> when they were.</param>
public sealed record IpsecReading(IReadOnlyList<IpsecPolicy> Policies, string? Problem);
