using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>A protocol above IP.</summary>
internal interface ITransportProtocol
{
    /// <summary>A packet for this host. Its bytes are valid during the call only.</summary>
    /// <param name="arrival">What IP knows.</param>
    /// <param name="packet">The packet after all IP headers, whole.</param>
    /// <param name="now">The time.</param>
    /// <returns>What IP is to answer the sender.</returns>
    IpAnswer OnPacket(in IpArrival arrival, ReadOnlySpan<byte> packet, Instant now);

    /// <summary>Packets that came together have all been taken (<see cref="IIpOutput.IsTaking"/>).</summary>
    /// <param name="now">The time.</param>
    void OnTaken(Instant now)
    {
    }

    /// <summary>Whether <see cref="Announce"/> is worth its time now.</summary>
    bool WantsAnnouncements => false;

    /// <summary>A packet that comes soon, some others before it. Nothing may change by it: it may be damaged, or never come.</summary>
    /// <param name="ends">Its ends as IP knows them.</param>
    /// <param name="packet">The packet after all IP headers; empty when it is none of this protocol's.</param>
    void Announce(in IpEnds ends, ReadOnlySpan<byte> packet)
    {
    }

    /// <summary>An ICMP error about a packet of this protocol.</summary>
    /// <param name="report">What it says.</param>
    /// <param name="quoted">The start of the packet in question after its IP headers, at least 8 bytes.</param>
    /// <param name="now">The time.</param>
    void OnIcmpError(in IcmpArrival report, ReadOnlySpan<byte> quoted, Instant now);

    /// <summary>
    /// When <see cref="OnTimer"/> is wanted next; <see cref="Instant.Never"/> when not at all. It may be earlier than needed.
    /// </summary>
    Instant NextDeadline { get; }

    /// <summary>Does what is due.</summary>
    void OnTimer(Instant now);
}

/// <summary>What IP answers the sender of a packet.</summary>
internal enum IpAnswer : byte
{
    /// <summary>Nothing.</summary>
    None,

    PortUnreachable,

    HostUnreachable,

    NetworkUnreachable,

    ProtocolUnreachable,

    /// <summary>Administratively prohibited.</summary>
    Prohibited,
}

/// <summary>Between whom a packet is.</summary>
/// <param name="Source">Who sent it.</param>
/// <param name="Destination">The receiver.</param>
/// <param name="Interface">Where it comes in.</param>
internal readonly record struct IpEnds(InternetAddress Source, InternetAddress Destination, int Interface);
