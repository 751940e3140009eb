using System.Buffers.Binary;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Connections;

/// <summary>A connection that the kernel tracks, as its first packet was (linux/netfilter/nfnetlink_conntrack.h).</summary>
/// <param name="IsIPv4">Its family.</param>
/// <param name="Protocol">IP protocol number.</param>
/// <param name="Source">Who began.</param>
/// <param name="Destination">Whom it addressed.</param>
/// <param name="SourcePort">From which port; 0 where there is none.</param>
/// <param name="DestinationPort">To which port; 0 where there is none.</param>
public sealed record TrackedConnection(
    bool IsIPv4, byte Protocol, InternetAddress Source, InternetAddress Destination, ushort SourcePort, ushort DestinationPort)
{
    private const int TupleOriginal = 1; // CTA_TUPLE_ORIG
    private const int TupleReply = 2; // CTA_TUPLE_REPLY
    private const int StatusBits = 3; // CTA_STATUS
    private const int ProtocolInfo = 4; // CTA_PROTOINFO
    private const int Id = 12; // CTA_ID
    private const int Zone = 18; // CTA_ZONE

    private const uint DestinationTranslated = 1 << 5; // IPS_DST_NAT
    private const int FirstOpen = 1; // TCP_CONNTRACK_SYN_SENT
    private const int LastOpen = 6; // TCP_CONNTRACK_LAST_ACK

    // A tuple has two addresses, two ports and their headers.
    private const int LongestAttribute = 1024;

    /// <summary>What names it to the kernel: the tuple, the id and the zone, as it listed them.</summary>
    public ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>Whether its packets go to another destination than they were sent to (IPS_DST_NAT).</summary>
    public bool IsLedOn { get; init; }

    /// <summary>The port that its answers come from: where its packets go to, once they are translated. 0 where there is none.</summary>
    public ushort AnsweringPort { get; init; }

    /// <summary>Of a TCP connection, whether it has not ended yet, as far as packets have shown.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Reads an entry. Never throws.</summary>
    /// <param name="payload">From the family's header on.</param>
    public static TrackedConnection? TryRead(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < NetfilterHeader.Size)
        {
            return null;
        }

        var key = new NetlinkWriter(128);
        var (tuple, reply) = (new Tuple(), new Tuple());
        var (status, state) = (0u, 0);
        var attributes = new NetlinkAttributes(payload[NetfilterHeader.Size..]);
        while (attributes.MoveNext())
        {
            if (attributes.Value.Length > LongestAttribute)
            {
                return null;
            }

            if (attributes.Type is TupleOriginal)
            {
                tuple.Read(attributes.Value);
                var nest = key.BeginNest(TupleOriginal);
                key.Raw(attributes.Value);
                key.EndNest(nest);
            }
            else if (attributes.Type is TupleReply)
            {
                reply.Read(attributes.Value);
            }
            else if (attributes.Type is StatusBits)
            {
                BinaryPrimitives.TryReadUInt32BigEndian(attributes.Value, out status);
            }
            else if (attributes.Type is ProtocolInfo)
            {
                state = TcpState(attributes.Value);
            }
            else if (attributes.Type is Id or Zone)
            {
                key.Data(attributes.Type, attributes.Value);
            }
        }

        return tuple is { Source: { } source, Destination: { } destination, Protocol: { } protocol }
            ? new TrackedConnection(source.IsIPv4, protocol, source, destination, tuple.SourcePort, tuple.DestinationPort)
            {
                Key = key.Bytes.ToArray(),
                IsLedOn = (status & DestinationTranslated) != 0,
                AnsweringPort = reply.SourcePort,
                IsOpen = state is >= FirstOpen and <= LastOpen,
            }
            : null;
    }

    private static int TcpState(ReadOnlySpan<byte> protocolInfo)
    {
        var parts = new NetlinkAttributes(protocolInfo);
        while (parts.MoveNext())
        {
            var tcp = new NetlinkAttributes(parts.Type == 1 ? parts.Value : default); // CTA_PROTOINFO_TCP
            while (tcp.MoveNext())
            {
                if (tcp.Type == 1 && tcp.Value.Length == 1) // CTA_PROTOINFO_TCP_STATE
                {
                    return tcp.Value[0];
                }
            }
        }

        return 0;
    }

    private struct Tuple
    {
        public InternetAddress? Source;
        public InternetAddress? Destination;
        public byte? Protocol;
        public ushort SourcePort;
        public ushort DestinationPort;

        public void Read(ReadOnlySpan<byte> value)
        {
            var parts = new NetlinkAttributes(value);
            while (parts.MoveNext())
            {
                var inner = new NetlinkAttributes(parts.Value);
                while (inner.MoveNext())
                {
                    Take(parts.Type, inner.Type, inner.Value);
                }
            }
        }

        /// <summary>
        /// CTA_TUPLE_IP is 1 (1 and 2 IPv4, 3 and 4 IPv6 source and destination), CTA_TUPLE_PROTO 2 (1 number, 2 and 3 ports).
        /// </summary>
        private void Take(int part, int type, ReadOnlySpan<byte> value)
        {
            switch (part, type, value.Length)
            {
                case (1, 1, 4) or (1, 3, 16):
                    Source = InternetAddress.FromBytes(value);
                    break;
                case (1, 2, 4) or (1, 4, 16):
                    Destination = InternetAddress.FromBytes(value);
                    break;
                case (2, 1, 1):
                    Protocol = value[0];
                    break;
                case (2, 2, 2):
                    SourcePort = BinaryPrimitives.ReadUInt16BigEndian(value);
                    break;
                case (2, 3, 2):
                    DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(value);
                    break;
                default:
                    break;
            }
        }
    }
}
