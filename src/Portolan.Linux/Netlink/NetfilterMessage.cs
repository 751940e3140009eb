using System.Buffers.Binary;

namespace Portolan.Linux.Netlink;

/// <summary>Messages of nf_tables (NFT_MSG_*, linux/netfilter/nf_tables.h).</summary>
public enum NetfilterMessage : byte
{
    /// <summary>NFT_MSG_NEWTABLE.</summary>
    NewTable = 0,

    /// <summary>NFT_MSG_GETTABLE.</summary>
    GetTable = 1,

    /// <summary>NFT_MSG_DELTABLE.</summary>
    DeleteTable = 2,

    /// <summary>NFT_MSG_NEWCHAIN.</summary>
    NewChain = 3,

    /// <summary>NFT_MSG_GETCHAIN.</summary>
    GetChain = 4,

    /// <summary>NFT_MSG_DELCHAIN.</summary>
    DeleteChain = 5,

    /// <summary>NFT_MSG_NEWRULE.</summary>
    NewRule = 6,

    /// <summary>NFT_MSG_GETRULE.</summary>
    GetRule = 7,

    /// <summary>NFT_MSG_DELRULE.</summary>
    DeleteRule = 8,

    /// <summary>NFT_MSG_NEWSET.</summary>
    NewSet = 9,

    /// <summary>NFT_MSG_GETSET.</summary>
    GetSet = 10,

    /// <summary>NFT_MSG_DELSET.</summary>
    DeleteSet = 11,

    /// <summary>NFT_MSG_NEWSETELEM.</summary>
    NewElement = 12,

    /// <summary>NFT_MSG_GETSETELEM.</summary>
    GetElement = 13,

    /// <summary>NFT_MSG_DELSETELEM.</summary>
    DeleteElement = 14,

    /// <summary>NFT_MSG_NEWGEN.</summary>
    NewGeneration = 15,

    /// <summary>NFT_MSG_GETGEN.</summary>
    GetGeneration = 16,

    /// <summary>NFT_MSG_TRACE.</summary>
    Trace = 17,

    /// <summary>NFT_MSG_NEWOBJ.</summary>
    NewObject = 18,

    /// <summary>NFT_MSG_GETOBJ.</summary>
    GetObject = 19,

    /// <summary>NFT_MSG_DELOBJ.</summary>
    DeleteObject = 20,

    /// <summary>NFT_MSG_GETOBJ_RESET.</summary>
    GetObjectReset = 21,

    /// <summary>NFT_MSG_NEWFLOWTABLE.</summary>
    NewFlowtable = 22,

    /// <summary>NFT_MSG_GETFLOWTABLE.</summary>
    GetFlowtable = 23,

    /// <summary>NFT_MSG_DELFLOWTABLE.</summary>
    DeleteFlowtable = 24,
}

/// <summary>
/// The header behind the netlink header of each netfilter message (<c>struct nfgenmsg</c>, linux/netfilter/nfnetlink.h), and how types are
/// made.
/// </summary>
public static class NetfilterHeader
{
    /// <summary>Bytes of <c>struct nfgenmsg</c>: family, version, resource.</summary>
    public const int Size = 4;

    /// <summary>The subsystem nf_tables (NFNL_SUBSYS_NFTABLES).</summary>
    public const byte NfTables = 10;

    /// <summary>A message's type as it is in the netlink header: the subsystem in the high byte.</summary>
    public static ushort Type(NetfilterMessage message) => (ushort)((NfTables << 8) | (byte)message);

    /// <summary>Writes the header.</summary>
    /// <param name="writer">Where to; the netlink header has been written.</param>
    /// <param name="family">NFPROTO_*: 1 inet, 2 ip, 3 arp, 5 netdev, 7 bridge, 10 ip6; 0 for none.</param>
    /// <param name="resource">Of a batch, its subsystem; else 0.</param>
    public static void Write(NetlinkWriter writer, byte family, ushort resource = 0)
    {
        Span<byte> bytes = [family, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], resource);
        writer.Raw(bytes);
    }
}
