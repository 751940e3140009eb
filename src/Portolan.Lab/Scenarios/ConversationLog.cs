using Portolan.Lab.Running.Wire;
using Portolan.Packets;

namespace Portolan.Lab.Scenarios;

/// <summary>Sorts packets into conversations: socket pairs as the wire shows them.</summary>
internal sealed class ConversationLog
{
    private readonly Dictionary<Ends, PairConversation> _current = [];
    private readonly List<PairConversation> _all = [];

    /// <summary>In the order in which they began.</summary>
    internal IReadOnlyList<PairConversation> All => _all;

    /// <summary>Adds a crossing. A packet counts once, where its pair was seen first; what has no ports does not count.</summary>
    internal void Add(in PacketEvent packet, ReadOnlySpan<byte> bytes)
    {
        if (!PacketHeads.TryRead(bytes, out var heads) || !heads.HasPorts)
        {
            return;
        }

        var data = heads.Protocol == IpProtocol.Tcp && TcpSegment.TryRead(heads.Payload, out var segment) ? segment.Payload
            : heads.Protocol == IpProtocol.Udp && UdpDatagram.TryRead(heads.Payload, out var datagram) ? datagram.Payload
            : default;
        var there = new Ends(heads.Transport, heads.Source, heads.SourcePort, heads.Destination, heads.DestinationPort);
        var isBack = !_current.TryGetValue(there, out var conversation) && _current.TryGetValue(there.Turned, out conversation);
        var isFirst = (heads.Flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn;
        if (conversation is null || (conversation.IsOver && isFirst && conversation.Segment == packet.Segment))
        {
            _current.Remove(there.Turned);
            isBack = false;
            _all.Add(_current[there] = conversation = new PairConversation(packet.Segment, packet.From, packet.Time)
            {
                Protocol = there.Protocol,
                Source = there.Source,
                SourcePort = new PortNumber(there.SourcePort),
                Destination = there.Destination,
                DestinationPort = new PortNumber(there.DestinationPort),
            });
        }

        conversation.Receiver ??= !isBack && packet.Fate == WireOutcome.Taken ? packet.To : null;
        if (conversation.Segment == packet.Segment)
        {
            conversation.Add(isBack, heads.Flags, data, packet.Time);
        }
    }

    private readonly record struct Ends(
        TransportProtocol Protocol, InternetAddress Source, ushort SourcePort, InternetAddress Destination, ushort DestinationPort)
    {
        internal Ends Turned => new(Protocol, Destination, DestinationPort, Source, SourcePort);
    }
}
