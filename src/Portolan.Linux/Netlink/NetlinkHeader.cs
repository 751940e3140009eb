using System.Runtime.InteropServices;

namespace Portolan.Linux.Netlink;

/// <summary>
/// <c>struct nlmsghdr</c> (linux/netlink.h, RFC 3549 section 2.3.2): what each netlink message starts with. Host byte order.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public struct NetlinkHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 16;

    /// <summary>Bytes of the message, header included, padding excluded.</summary>
    public uint Length;

    /// <summary>What the message is: a control type below 16, else the family's own.</summary>
    public ushort Type;

    /// <summary>NLM_F_* bits of a request or an answer.</summary>
    public NetlinkFlags Flags;

    /// <summary>Chosen by the requester, repeated in each answer.</summary>
    public uint Sequence;

    /// <summary>Port id of the requester.</summary>
    public uint PortId;
}

/// <summary>Flags of a message (linux/netlink.h).</summary>
[Flags]
public enum NetlinkFlags : ushort
{
    /// <summary>No bit is set.</summary>
    None = 0,

    /// <summary>A request (NLM_F_REQUEST).</summary>
    Request = 1,

    /// <summary>One of several, ended by DONE (NLM_F_MULTI).</summary>
    Multi = 2,

    /// <summary>Wants an acknowledgement (NLM_F_ACK).</summary>
    Acknowledge = 4,

    /// <summary>The table changed while it was dumped (NLM_F_DUMP_INTR).</summary>
    DumpInterrupted = 0x10,

    /// <summary>In a request: the whole table (NLM_F_ROOT).</summary>
    Root = 0x100,

    /// <summary>In a request: everything that matches (NLM_F_MATCH).</summary>
    Match = 0x200,

    /// <summary>In a request for something new: in place of what is there (NLM_F_REPLACE).</summary>
    Replace = Root,

    /// <summary>In a request for something new: fail if it is there (NLM_F_EXCL).</summary>
    Exclusive = Match,

    /// <summary>In a request for something new: make it if it is not there (NLM_F_CREATE).</summary>
    Create = 0x400,

    /// <summary>In a request for something new: behind what is there (NLM_F_APPEND).</summary>
    Append = 0x800,

    /// <summary>In an error: without the request's payload (NLM_F_CAPPED).</summary>
    Capped = Root,

    /// <summary>In an error: attributes follow that explain it (NLM_F_ACK_TLVS).</summary>
    Explained = Match,

    /// <summary>In a request: a dump (NLM_F_DUMP).</summary>
    Dump = Root | Match,
}

/// <summary>Message types that every netlink family shares (linux/netlink.h).</summary>
public static class NetlinkMessageType
{
    /// <summary>NLMSG_NOOP.</summary>
    public const ushort Noop = 1;

    /// <summary>NLMSG_ERROR: carries an error number, 0 for an acknowledgement.</summary>
    public const ushort Error = 2;

    /// <summary>NLMSG_DONE: the end of a dump; carries an error number too.</summary>
    public const ushort Done = 3;

    /// <summary>NLMSG_OVERRUN: data was lost.</summary>
    public const ushort Overrun = 4;

    /// <summary>The first type that belongs to a family (NLMSG_MIN_TYPE).</summary>
    public const ushort FirstOfFamily = 16;
}
