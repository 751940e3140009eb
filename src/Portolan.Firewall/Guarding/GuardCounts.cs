using System.Buffers.Binary;
using System.Text;
using Portolan.Firewall.Rules;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Guarding;

/// <summary>What the rules of a guard have dropped, as the kernel counts it.</summary>
/// <param name="Incoming">Segments that came in for the ports.</param>
/// <param name="Outgoing">Resets that the kernel, or a program, was about to send from them.</param>
public readonly record struct GuardCounts(ulong Incoming, ulong Outgoing)
{
    /// <summary>Asks the kernel.</summary>
    /// <exception cref="LinuxException">It does not tell.</exception>
    internal static GuardCounts Read(string table)
    {
        using var socket = NetlinkSocket.Open(NetlinkFamily.Netfilter);
        var request = new NetlinkWriter(128);
        request.BeginMessage(NetfilterHeader.Type(NetfilterMessage.GetRule), NetlinkFlags.Request | NetlinkFlags.Dump, 0);
        NetfilterHeader.Write(request, (byte)RuleFamily.Inet);
        request.Text(1, table); // NFTA_RULE_TABLE
        request.EndMessage();
        var reader = new Reader(table);
        var result = new NetlinkDump(socket).Run(request.Bytes.ToArray(), reader, CancellationToken.None);
        return result.Status is NetlinkDumpStatus.Complete or NetlinkDumpStatus.Interrupted
            ? reader.Counts
            : throw new LinuxException(result.Errno, $"read the counters of table inet {table}");
    }

    private sealed class Reader(string table) : INetlinkVisitor
    {
        internal GuardCounts Counts { get; private set; }

        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
            if (type != NetfilterHeader.Type(NetfilterMessage.NewRule) || payload.Length < NetfilterHeader.Size)
            {
                return;
            }

            var (of, chain, packets) = ("", "", 0UL);
            var attributes = new NetlinkAttributes(payload[NetfilterHeader.Size..]);
            while (attributes.MoveNext())
            {
                switch (attributes.Type)
                {
                    case 1: // NFTA_RULE_TABLE
                        of = Text(attributes.Value);
                        break;
                    case 2: // NFTA_RULE_CHAIN
                        chain = Text(attributes.Value);
                        break;
                    case 4: // NFTA_RULE_EXPRESSIONS
                        packets = PacketsIn(attributes.Value);
                        break;
                }
            }

            if (of == table)
            {
                Counts = chain switch
                {
                    GuardTable.Incoming => Counts with { Incoming = packets },
                    GuardTable.Outgoing => Counts with { Outgoing = packets },
                    _ => Counts,
                };
            }
        }

        private static ulong PacketsIn(ReadOnlySpan<byte> expressions)
        {
            var list = new NetlinkAttributes(expressions);
            while (list.MoveNext())
            {
                var name = "";
                var element = new NetlinkAttributes(list.Value);
                while (element.MoveNext())
                {
                    if (element.Type == 1) // NFTA_EXPR_NAME
                    {
                        name = Text(element.Value);
                    }
                    else if (element.Type == 2 && name == "counter") // NFTA_EXPR_DATA
                    {
                        return CountOf(element.Value);
                    }
                }
            }

            return 0;
        }

        private static ulong CountOf(ReadOnlySpan<byte> counter)
        {
            var attributes = new NetlinkAttributes(counter);
            while (attributes.MoveNext())
            {
                if (attributes.Type == 2 && BinaryPrimitives.TryReadUInt64BigEndian(attributes.Value, out var packets)) // NFTA_COUNTER_PACKETS
                {
                    return packets;
                }
            }

            return 0;
        }

        private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.TrimEnd((byte)0));
    }
}
