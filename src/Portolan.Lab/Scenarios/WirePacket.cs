using Portolan.Lab.Running.Wire;
using Portolan.Packets;

namespace Portolan.Lab.Scenarios;

/// <summary>A packet with ports that reached the machine it was for, taken apart.</summary>
/// <param name="Record">How it crossed the last segment.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Source">Where it says it comes from.</param>
/// <param name="SourcePort">The port there.</param>
/// <param name="Destination">Where it says it goes.</param>
/// <param name="DestinationPort">The port there.</param>
/// <param name="Flags">The control bits of a segment.</param>
/// <param name="HopLimit">TTL or hop limit when it arrived.</param>
/// <param name="Timestamp">The timestamp of a segment (RFC 7323); <c>null</c> when it has none.</param>
/// <param name="Data">What the segment or datagram carries.</param>
internal sealed record WirePacket(
    PacketRecord Record,
    TransportProtocol Protocol,
    InternetAddress Source,
    PortNumber SourcePort,
    InternetAddress Destination,
    PortNumber DestinationPort,
    TcpFlags Flags,
    byte HopLimit,
    uint? Timestamp,
    byte[] Data)
{
    /// <summary>Both ends as <c>198.18.0.1:80</c>.</summary>
    internal (string Source, string Destination) Ends =>
        (NetstatTable.Name(Source, SourcePort), NetstatTable.Name(Destination, DestinationPort));

    /// <summary>Those of some packets that arrived, in their order.</summary>
    internal static IReadOnlyList<WirePacket> Arrived(IEnumerable<PacketRecord> packets) =>
        [.. packets.Where(static p => p.Fate == WireOutcome.Taken).Select(Read).OfType<WirePacket>()];

    /// <summary>Every crossing of a network or link by packets with ports, whatever became of them.</summary>
    internal static IReadOnlyList<WirePacket> Crossings(IEnumerable<PacketRecord> packets) =>
        [.. packets.Select(Read).OfType<WirePacket>()];

    /// <summary>Whether the flags of a segment that say what it is for are these; PSH and ECN's do not count.</summary>
    internal bool Is(TcpFlags flags) =>
        Protocol == TransportProtocol.Tcp && (Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Fin | TcpFlags.Rst)) == flags;

    /// <summary>Whether it goes the other way between the same two ends.</summary>
    internal bool Answers(WirePacket other) =>
        Protocol == other.Protocol && Source == other.Destination && SourcePort == other.DestinationPort && Destination == other.Source
            && DestinationPort == other.SourcePort;

    private static WirePacket? Read(PacketRecord record)
    {
        if (!PacketHeads.TryRead(record.Bytes, out var heads) || !heads.HasPorts)
        {
            return null;
        }

        uint? timestamp = null;
        ReadOnlySpan<byte> data = default;
        if (heads.Protocol == IpProtocol.Tcp && TcpSegment.TryRead(heads.Payload, out var segment))
        {
            timestamp = segment.Options.TryReadTimestamps(out var value, out _) ? value : null;
            data = segment.Payload;
        }
        else if (heads.Protocol == IpProtocol.Udp && UdpDatagram.TryRead(heads.Payload, out var datagram))
        {
            data = datagram.Payload;
        }

        return new WirePacket(
            record,
            heads.Transport,
            heads.Source,
            new PortNumber(heads.SourcePort),
            heads.Destination,
            new PortNumber(heads.DestinationPort),
            heads.Flags,
            heads.HopLimit,
            timestamp,
            data.ToArray());
    }
}
