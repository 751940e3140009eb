using Portolan.Lab.Running.Wire;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Running.Routers;

/// <summary>The two ends of a flow, as one direction of it has them.</summary>
internal readonly record struct FlowEnds(IpProtocol Protocol, InternetAddress Source, ushort SourcePort, InternetAddress Destination, ushort DestinationPort)
{
    internal FlowEnds Reversed => new(Protocol, Destination, DestinationPort, Source, SourcePort);

    /// <summary>The ends of a packet that an ICMP error quotes; false when its start does not tell.</summary>
    internal static bool TryRead(in QuotedPacket quote, out FlowEnds ends)
    {
        ends = default;
        if (quote.HasPorts)
        {
            ends = new FlowEnds(quote.Protocol, quote.Source, quote.SourcePort.Value, quote.Destination, quote.DestinationPort.Value);
            return true;
        }

        if (quote.Protocol is not (IpProtocol.Icmp or IpProtocol.Icmpv6) || quote.Payload.Length < IcmpMessage.HeaderLength)
        {
            return false;
        }

        var identifier = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(quote.Payload[4..]);
        ends = new FlowEnds(quote.Protocol, quote.Source, identifier, quote.Destination, identifier);
        return true;
    }

    /// <summary>The ends of a packet; echo messages have their identifier for a port.</summary>
    internal static FlowEnds Of(in PacketHeads heads)
    {
        var identifier = !heads.HasPorts && heads.Payload.Length >= 8 && heads.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6
            ? System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(heads.Payload[4..])
            : (ushort)0;
        return heads.HasPorts
            ? new FlowEnds(heads.Protocol, heads.Source, heads.SourcePort, heads.Destination, heads.DestinationPort)
            : new FlowEnds(heads.Protocol, heads.Source, identifier, heads.Destination, identifier);
    }
}

/// <summary>What a router knows of flows that it let through: replies to them pass, and ports that it forwards are translated both ways.</summary>
/// <remarks>The lab's thread. Flows that are quiet for a time are forgotten; so is the oldest tenth when there are too many.</remarks>
internal sealed class FlowTable
{
    private const int Most = 262_144;

    /// <summary>As conntrack has it for connections, roughly: an hour.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromHours(1);

    private readonly Dictionary<FlowEnds, Flow> _flows = [];

    /// <summary>Finds the flow that a packet belongs to, and what its packets become.</summary>
    /// <param name="ends">The packet's ends.</param>
    /// <param name="now">The time.</param>
    /// <param name="translated">The ends it leaves with.</param>
    internal bool TryFind(in FlowEnds ends, Instant now, out FlowEnds translated)
    {
        translated = ends;
        if (!_flows.TryGetValue(ends, out var flow))
        {
            return false;
        }

        if (now - flow.LastSeen > Quiet)
        {
            _flows.Remove(ends);
            _flows.Remove(flow.Becomes.Reversed);
            return false;
        }

        flow.LastSeen = now;
        translated = flow.Becomes;
        return true;
    }

    /// <summary>Remembers a flow: packets with its ends leave with others, and those of the reply come back the same way.</summary>
    internal void Add(in FlowEnds ends, in FlowEnds translated, Instant now)
    {
        if (_flows.Count >= Most)
        {
            Forget();
        }

        _flows[ends] = new Flow(translated) { LastSeen = now };
        _flows[translated.Reversed] = new Flow(ends.Reversed) { LastSeen = now };
    }

    private void Forget()
    {
        foreach (var (ends, _) in _flows.OrderBy(static f => f.Value.LastSeen).Take(Most / 10).ToList())
        {
            _flows.Remove(ends);
        }
    }

    private sealed class Flow(FlowEnds becomes)
    {
        internal FlowEnds Becomes => becomes;

        internal Instant LastSeen { get; set; }
    }
}
