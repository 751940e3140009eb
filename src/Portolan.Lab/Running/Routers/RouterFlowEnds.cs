using Portolan.Lab.Running.Wire;
using Portolan.Packets;

namespace Portolan.Lab.Running.Routers;

/// <summary>The two ends of a flow, as one direction of it has them.</summary>
internal readonly record struct RouterFlowEnds(
    IpProtocol Protocol, InternetAddress Source, ushort SourcePort, InternetAddress Destination, ushort DestinationPort)
{
    internal RouterFlowEnds Reversed => new(Protocol, Destination, DestinationPort, Source, SourcePort);

    /// <summary>The ends of a packet that an ICMP error quotes; false when its start does not tell.</summary>
    internal static bool TryRead(in QuotedPacket quote, out RouterFlowEnds ends)
    {
        ends = default;
        if (quote.HasPorts)
        {
            ends = new RouterFlowEnds(quote.Protocol, quote.Source, quote.SourcePort.Value, quote.Destination, quote.DestinationPort.Value);
            return true;
        }

        if (quote.Protocol is not (IpProtocol.Icmp or IpProtocol.Icmpv6) || quote.Payload.Length < IcmpMessage.HeaderLength)
        {
            return false;
        }

        var identifier = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(quote.Payload[4..]);
        ends = new RouterFlowEnds(quote.Protocol, quote.Source, identifier, quote.Destination, identifier);
        return true;
    }

    /// <summary>The ends of a packet; echo messages have their identifier for a port.</summary>
    internal static RouterFlowEnds Of(in PacketHeads heads)
    {
        var identifier = !heads.HasPorts && heads.Payload.Length >= 8 && heads.Protocol is IpProtocol.Icmp or IpProtocol.Icmpv6
            ? System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(heads.Payload[4..])
            : (ushort)0;
        return heads.HasPorts
            ? new RouterFlowEnds(heads.Protocol, heads.Source, heads.SourcePort, heads.Destination, heads.DestinationPort)
            : new RouterFlowEnds(heads.Protocol, heads.Source, identifier, heads.Destination, identifier);
    }
}
