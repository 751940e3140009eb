using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>Requests to nf_tables (linux/netfilter/nfnetlink.h, nf_tables.h): a header, <c>struct nfgenmsg</c>, attributes.</summary>
internal static class NetfilterRequest
{
    /// <summary>Bytes of <c>struct nfgenmsg</c>: family, version, 16 bits of the generation.</summary>
    internal const int FamilyHeaderSize = 4;

    /// <summary>NFNL_SUBSYS_NFTABLES, above the message's number.</summary>
    internal const ushort NfTables = 10 << 8;

    private const int AttributeHeaderSize = 4;

    /// <summary>A request for everything of one kind.</summary>
    internal static byte[] Dump(ushort message, RuleFamily family = RuleFamily.Unspecified) =>
        Make(message, NetlinkFlags.Request | NetlinkFlags.Dump, family, 0);

    /// <summary>A request with one answer, and an acknowledgement behind it.</summary>
    internal static byte[] Get(ushort message) => Make(message, NetlinkFlags.Request | NetlinkFlags.Acknowledge, RuleFamily.Unspecified, 0);

    /// <summary>A request for the elements of a set. The names are as the kernel gave them, with their zero.</summary>
    internal static byte[] Elements(RuleFamily family, ReadOnlySpan<byte> table, ReadOnlySpan<byte> set)
    {
        const ushort TableAttribute = 1; // NFTA_SET_ELEM_LIST_TABLE
        const ushort SetAttribute = 2; // NFTA_SET_ELEM_LIST_SET
        var request = Make(NfTablesMessage.GetElements, NetlinkFlags.Request | NetlinkFlags.Dump, family, SizeOf(table) + SizeOf(set));
        var rest = request.AsSpan(NetlinkHeader.Size + FamilyHeaderSize);
        Write(rest, TableAttribute, table);
        Write(rest[SizeOf(table)..], SetAttribute, set);
        return request;
    }

    private static byte[] Make(ushort message, NetlinkFlags flags, RuleFamily family, int attributes)
    {
        var request = new byte[NetlinkHeader.Size + FamilyHeaderSize + attributes];
        MemoryMarshal.Write(request, new NetlinkHeader { Type = (ushort)(NfTables | message), Flags = flags });
        request[NetlinkHeader.Size] = (byte)family;
        return request;
    }

    private static int SizeOf(ReadOnlySpan<byte> value) => (AttributeHeaderSize + value.Length + 3) & ~3;

    private static void Write(Span<byte> bytes, ushort type, ReadOnlySpan<byte> value)
    {
        MemoryMarshal.Write(bytes, (ushort)(AttributeHeaderSize + value.Length));
        MemoryMarshal.Write(bytes[sizeof(ushort)..], type);
        value.CopyTo(bytes[AttributeHeaderSize..]);
    }
}
