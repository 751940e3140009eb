using System.Buffers.Binary;
using System.Text;
using Portolan.Linux.Interop;
using Portolan.Model;

namespace Portolan.Linux.Bpf.Listening;

/// <summary>What a socket did, as <see cref="ListenerTracer"/> saw it.</summary>
public enum ListenerStep
{
    /// <summary>A TCP socket began to listen (listen(2)).</summary>
    Listens = 1,

    /// <summary>A TCP socket no longer listens.</summary>
    Ended = 2,

    /// <summary>A UDP socket was bound to a port (bind(2)).</summary>
    Bound = 3,
}

/// <summary>A step of a listener.</summary>
/// <param name="Step">What it did.</param>
/// <param name="Cookie">The socket's cookie, which no other socket has while the machine runs.</param>
/// <param name="ProcessId">The process that took the step, as the machine's first pid namespace numbers it.</param>
/// <param name="UserId">Its user, as the first user namespace numbers it.</param>
/// <param name="Address">The address the socket is bound to.</param>
/// <param name="Port">Its port.</param>
/// <param name="InterfaceIndex">The interface it is bound to; 0 for none.</param>
/// <param name="Command">The name of the thread that took the step, at most 15 bytes. Hostile text.</param>
public sealed record TracedListener(
    ListenerStep Step, ulong Cookie, int ProcessId, uint UserId, InternetAddress Address, ushort Port, int InterfaceIndex, string Command)
{
    // In the order in which the programs write it.
    internal const int Size = 64;
    internal const int CookieOffset = 0;
    internal const int ProcessOffset = 8;
    internal const int UserOffset = 12;
    internal const int FamilyOffset = 16;
    internal const int PortOffset = 18;
    internal const int StepOffset = 20;
    internal const int InterfaceOffset = 24;
    internal const int AddressOffset = 32;
    internal const int CommandOffset = 48;
    internal const int CommandLength = 16;

    /// <summary>Reads what the programs wrote.</summary>
    internal static TracedListener Read(ReadOnlySpan<byte> bytes)
    {
        var command = bytes.Slice(CommandOffset, CommandLength);
        var end = command.IndexOf((byte)0);
        return new TracedListener(
            (ListenerStep)BinaryPrimitives.ReadUInt32LittleEndian(bytes[StepOffset..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[CookieOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[ProcessOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[UserOffset..]),
            InternetAddress.FromBytes(
                bytes.Slice(AddressOffset, BinaryPrimitives.ReadUInt16LittleEndian(bytes[FamilyOffset..]) == Libc.AF_INET ? 4 : 16)),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[PortOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[InterfaceOffset..]),
            Encoding.UTF8.GetString(end < 0 ? command : command[..end]));
    }
}
