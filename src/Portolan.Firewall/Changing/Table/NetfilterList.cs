using System.Buffers.Binary;
using System.Text;
using Portolan.Firewall.Rules;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Changing.Table;

/// <summary>Asks the kernel for parts of a table, without reading all rules there are. Needs CAP_NET_ADMIN.</summary>
internal static class NetfilterList
{
    private const int MostAttempts = 20;

    /// <summary>The names of the tables of family inet that belong to a socket.</summary>
    /// <exception cref="LinuxException">The kernel does not tell.</exception>
    public static IReadOnlyList<string> OwnedTables() =>
        Listed(NetfilterMessage.GetTable, NetfilterMessage.NewTable, "list the tables", static _ => { }, static (names, attributes) =>
        {
            var (name, flags) = ("", 0u);
            while (attributes.MoveNext())
            {
                switch (attributes.Type)
                {
                    case 1: // NFTA_TABLE_NAME
                        name = Text(attributes.Value);
                        break;
                    case 2: // NFTA_TABLE_FLAGS
                        flags = BinaryPrimitives.ReadUInt32BigEndian(attributes.Value);
                        break;
                }
            }

            if (((TableFlags)flags).HasFlag(TableFlags.Owner))
            {
                names.Add(name);
            }
        });

    /// <summary>The named counters of a table: packets and bytes.</summary>
    /// <param name="channel">A channel to netfilter.</param>
    /// <param name="table">The table.</param>
    /// <exception cref="LinuxException">The kernel does not tell.</exception>
    public static IReadOnlyDictionary<string, RuleCount> Counters(INetlinkChannel channel, string table) =>
        Dump<Dictionary<string, RuleCount>>(
            channel,
            NetfilterMessage.GetObject,
            NetfilterMessage.NewObject,
            $"read the counters of table inet {table}",
            writer =>
            {
                writer.Text(1, table); // NFTA_OBJ_TABLE
                writer.BigEndian32(3, (uint)ObjectKind.Counter); // NFTA_OBJ_TYPE
            },
            (counters, attributes) =>
            {
                var (of, name, count) = ("", "", default(RuleCount));
                while (attributes.MoveNext())
                {
                    switch (attributes.Type)
                    {
                        case 1: // NFTA_OBJ_TABLE
                            of = Text(attributes.Value);
                            break;
                        case 2: // NFTA_OBJ_NAME
                            name = Text(attributes.Value);
                            break;
                        case 4: // NFTA_OBJ_DATA
                            count = Count(attributes.Value);
                            break;
                    }
                }

                if (of == table)
                {
                    counters[name] = count;
                }
            });

    /// <summary>The comments of a set's elements; none where there is no such set.</summary>
    /// <exception cref="LinuxException">The kernel does not tell.</exception>
    public static IReadOnlyList<string> Comments(string table, string set) =>
        Listed(
            NetfilterMessage.GetElement,
            NetfilterMessage.NewElement,
            $"read the set {set} of table inet {table}",
            writer =>
            {
                writer.Text(1, table); // NFTA_SET_ELEM_LIST_TABLE
                writer.Text(2, set); // NFTA_SET_ELEM_LIST_SET
            },
            static (comments, attributes) =>
            {
                while (attributes.MoveNext())
                {
                    if (attributes.Type == 3) // NFTA_SET_ELEM_LIST_ELEMENTS
                    {
                        AddComments(attributes.Value, comments);
                    }
                }
            });

    private static void AddComments(ReadOnlySpan<byte> elements, List<string> comments)
    {
        var list = new NetlinkAttributes(elements);
        while (list.MoveNext())
        {
            var element = new NetlinkAttributes(list.Value);
            while (element.MoveNext())
            {
                // NFTA_SET_ELEM_USERDATA: a type (0 is a comment), a length, a text with a zero.
                if (element.Type == 6 && element.Value is [0, var length, .. var rest] && rest.Length >= length)
                {
                    comments.Add(Text(rest[..length]));
                }
            }
        }
    }

    private static RuleCount Count(ReadOnlySpan<byte> counter)
    {
        var (packets, bytes) = (0UL, 0UL);
        var attributes = new NetlinkAttributes(counter);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case 1: // NFTA_COUNTER_BYTES
                    bytes = BinaryPrimitives.ReadUInt64BigEndian(attributes.Value);
                    break;
                case 2: // NFTA_COUNTER_PACKETS
                    packets = BinaryPrimitives.ReadUInt64BigEndian(attributes.Value);
                    break;
            }
        }

        return new RuleCount(packets, bytes);
    }

    private static List<string> Listed(
        NetfilterMessage request, NetfilterMessage answer, string what, Action<NetlinkWriter> filter, AttributesAction<List<string>> take)
    {
        using var socket = NetlinkSocket.Open(NetlinkFamily.Netfilter);
        return Dump(socket, request, answer, what, filter, take);
    }

    private static T Dump<T>(
        INetlinkChannel channel, NetfilterMessage request, NetfilterMessage answer, string what, Action<NetlinkWriter> filter,
        AttributesAction<T> take)
        where T : new()
    {
        for (var attempt = 1; ; attempt++)
        {
            var writer = new NetlinkWriter(256);
            writer.BeginMessage(NetfilterHeader.Type(request), NetlinkFlags.Request | NetlinkFlags.Dump, 0);
            NetfilterHeader.Write(writer, (byte)RuleFamily.Inet);
            filter(writer);
            writer.EndMessage();
            var found = new T();
            var result = new NetlinkDump(channel).Run(writer.Bytes.ToArray(), new Visitor<T>(answer, found, take), CancellationToken.None);
            if (result.Status == NetlinkDumpStatus.Complete || result.Errno == Errno.NoEntry
                || (result.Status == NetlinkDumpStatus.Interrupted && attempt == MostAttempts))
            {
                return found;
            }

            // What changes while it is listed may be missed.
            if (result.Status != NetlinkDumpStatus.Interrupted)
            {
                throw new LinuxException(result.Errno, what);
            }
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.TrimEnd((byte)0));

    private delegate void AttributesAction<in T>(T found, NetlinkAttributes attributes);

    private sealed class Visitor<T>(NetfilterMessage answer, T found, AttributesAction<T> take) : INetlinkVisitor
    {
        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
            if (type == NetfilterHeader.Type(answer) && payload.Length >= NetfilterHeader.Size)
            {
                take(found, new NetlinkAttributes(payload[NetfilterHeader.Size..]));
            }
        }
    }
}
