namespace Portolan.Firewall.Forwarding;

/// <summary>A port of this host whose packets the kernel leads elsewhere.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Port">The port.</param>
public sealed record KernelForward(TransportProtocol Protocol, PortNumber Port)
{
    /// <summary>The address of this host that it is for; 0.0.0.0 or :: for all of that family, <c>null</c> for all.</summary>
    public InternetAddress? Address { get; init; }

    /// <summary>The one address that it is for; <c>null</c> when it is for several.</summary>
    public InternetAddress? OneAddress => Address is { IsUnspecified: false } ? Address : null;

    /// <summary>Networks whose packets are forwarded; none of them for everyone's.</summary>
    public IReadOnlyList<AddressPrefix> Sources { get; init; } = [];

    /// <summary>
    /// Where connections go, one after the other among those of their family. While there is none, the port is as closed as without a
    /// forward.
    /// </summary>
    public IReadOnlyList<KernelTarget> Targets { get; init; } = [];

    /// <summary>Whether targets see the address of the client and not this host's.</summary>
    public bool KeepsSource { get; init; }

    /// <summary>
    /// The most connections and flows that begin in a second; <c>null</c> for no limit. The other first packets are dropped, and TCP
    /// sends them again.
    /// </summary>
    public uint? NewPerSecond { get; init; }

    /// <summary>Whether clients of a family can come.</summary>
    public bool Serves(bool isIPv4) => Address is not { } address || address.IsIPv4 == isIPv4;

    /// <summary>Whether only this host's own programs can come.</summary>
    internal bool IsForOwnClients => Address is { IsLoopback: true };

    /// <summary>The targets that clients of a family can be led to: the kernel leads nobody from one family to the other.</summary>
    internal IReadOnlyList<KernelTarget> TargetsOf(bool isIPv4) =>
        Serves(isIPv4) ? [.. Targets.Where(t => t.Address.IsIPv4 == isIPv4)] : [];
}

/// <summary>Where the kernel leads packets.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
public readonly record struct KernelTarget(InternetAddress Address, PortNumber Port)
{
    /// <summary>Such as <c>192.0.2.7:80</c> or <c>[2001:db8::7]:80</c>.</summary>
    public override string ToString() => Address.IsIPv4 ? $"{Address}:{Port}" : $"[{Address}]:{Port}";
}

/// <summary>What the kernel counted of one forward.</summary>
/// <param name="Connections">Connections and flows that began.</param>
/// <param name="PacketsUp">Packets from clients.</param>
/// <param name="BytesUp">Their bytes, with IP headers.</param>
/// <param name="PacketsDown">Packets from targets.</param>
/// <param name="BytesDown">Their bytes, with IP headers.</param>
public readonly record struct KernelForwardCounts(ulong Connections, ulong PacketsUp, ulong BytesUp, ulong PacketsDown, ulong BytesDown);
