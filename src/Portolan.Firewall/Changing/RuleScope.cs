namespace Portolan.Firewall.Changing;

/// <summary>
/// Which new connections one of Portolan's own rules is about, as their sender addresses them: before any translation of ports or
/// addresses.
/// </summary>
/// <param name="Protocols">The protocols, in the order of the words.</param>
/// <param name="Ports">The destination ports; treat as unchangeable.</param>
/// <param name="From">The senders.</param>
/// <param name="To">The addresses of this machine.</param>
/// <param name="Interface">The interface they arrive on, or <c>null</c> for every one.</param>
public sealed record RuleScope(
    IReadOnlyList<TransportProtocol> Protocols, PortSet Ports, AddressChoice From, AddressChoice To, string? Interface)
{
    /// <summary>What PORT without /PROTO means.</summary>
    public static IReadOnlyList<TransportProtocol> UsualProtocols { get; } = [TransportProtocol.Tcp, TransportProtocol.Udp];

    /// <summary>Everything that has ports: the scope of the default drop.</summary>
    public static RuleScope Everything { get; } = new(
        [TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp, TransportProtocol.Dccp, TransportProtocol.UdpLite],
        PortSet.All(),
        AddressChoice.Any,
        AddressChoice.Any,
        null);

    /// <summary>Whether packets of a family can be in it.</summary>
    public bool Has(bool isIPv4) => !From.Of(isIPv4).IsEmpty && !To.Of(isIPv4).IsEmpty;

    /// <summary>Whether every packet of this is in the other.</summary>
    public bool IsWithin(RuleScope other) =>
        Protocols.All(other.Protocols.Contains)
        && Ports.IsSubsetOf(other.Ports)
        && From.IsWithin(other.From)
        && To.IsWithin(other.To)
        && (other.Interface is null || string.Equals(Interface, other.Interface, StringComparison.Ordinal));

    /// <summary>Whether the two are about the same packets.</summary>
    public bool IsSameAs(RuleScope other) => IsWithin(other) && other.IsWithin(this);

    /// <summary>Whether some packet may be in both.</summary>
    public bool Overlaps(RuleScope other) =>
        Protocols.Any(other.Protocols.Contains)
        && Ports.Overlaps(other.Ports)
        && From.Overlaps(other.From)
        && To.Overlaps(other.To)
        && (Interface is null || other.Interface is null || string.Equals(Interface, other.Interface, StringComparison.Ordinal));

    /// <summary>The ports and protocol as words: <c>80,443/tcp</c>; <c>53</c> for the usual two.</summary>
    public string PortWords => Protocols.Count == 1 ? $"{Ports}/{Protocols[0].Name()}" : Ports.ToString();
}
