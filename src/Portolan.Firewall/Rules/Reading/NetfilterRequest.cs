using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>Requests for what nf_tables has.</summary>
internal static class NetfilterRequest
{
    private const ushort ElementsTable = 1; // NFTA_SET_ELEM_LIST_TABLE
    private const ushort ElementsSet = 2; // NFTA_SET_ELEM_LIST_SET

    /// <summary>A request for everything of one kind.</summary>
    internal static byte[] Dump(NetfilterMessage message) => Begin(message, NetlinkFlags.Dump, RuleFamily.Unspecified).Bytes.ToArray();

    /// <summary>A request with one answer, and an acknowledgement behind it.</summary>
    internal static byte[] Get(NetfilterMessage message) =>
        Begin(message, NetlinkFlags.Acknowledge, RuleFamily.Unspecified).Bytes.ToArray();

    /// <summary>A request for the elements of a set. The names are as the kernel gave them, with their zero.</summary>
    internal static byte[] Elements(RuleFamily family, ReadOnlySpan<byte> table, ReadOnlySpan<byte> set)
    {
        var writer = Begin(NetfilterMessage.GetElement, NetlinkFlags.Dump, family);
        writer.Data(ElementsTable, table);
        writer.Data(ElementsSet, set);
        return writer.Bytes.ToArray();
    }

    /// <summary>The length and the sequence are filled in when it is sent (<see cref="NetlinkDump.Run"/>).</summary>
    private static NetlinkWriter Begin(NetfilterMessage message, NetlinkFlags flags, RuleFamily family)
    {
        var writer = new NetlinkWriter(128);
        writer.BeginMessage(NetfilterHeader.Type(message), NetlinkFlags.Request | flags, 0);
        NetfilterHeader.Write(writer, (byte)family);
        return writer;
    }
}
