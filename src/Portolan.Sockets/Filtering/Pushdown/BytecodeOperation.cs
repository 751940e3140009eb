namespace Portolan.Sockets.Filtering.Pushdown;

/// <summary>The kernel's operations on a socket that Portolan uses (INET_DIAG_BC_* in linux/inet_diag.h).</summary>
/// <remarks>
/// Each is a conditional jump of four bytes, <c>{ u8 code; u8 yes; u16 no; }</c>, followed by its operand. When the condition holds the
/// machine moves on by <c>yes</c> bytes, else by <c>no</c>. Ending exactly at the end of the program accepts the socket, ending four
/// bytes behind it refuses it. INET_DIAG_BC_AUTO is not used: what it asks (did the program choose the port?) is not in the answer, so a
/// recording could not be filtered alike.
/// </remarks>
internal enum BytecodeOperation : byte
{
    /// <summary>Always "no".</summary>
    Jump = 1,

    /// <summary>Local port at least the <c>no</c> field of a second operation.</summary>
    LocalPortAtLeast = 2,

    LocalPortAtMost = 3,

    RemotePortAtLeast = 4,

    RemotePortAtMost = 5,

    /// <summary>Local host: <c>struct inet_diag_hostcond</c>.</summary>
    LocalHost = 7,

    RemoteHost = 8,

    /// <summary>Bound interface: u32 index.</summary>
    Interface = 9,
}
