using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Portolan.Packetdrill;

// Calls that move bytes: single buffers, vectors, messages with control data.
internal static unsafe partial class Calls
{
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Read(nint user, int descriptor, nint buffer, long length) => Take(descriptor, buffer, length, 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Receive(nint user, int descriptor, nint buffer, long length, int flags) => Take(descriptor, buffer, length, flags);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long ReceiveFrom(nint user, int descriptor, nint buffer, long length, int flags, byte* address, uint* addressLength)
    {
        if (addressLength is not null)
        {
            *addressLength = 0;
        }

        return Take(descriptor, buffer, length, flags);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long ReadVector(nint user, int descriptor, IoVector* vector, int count) => TakeVector(descriptor, vector, count, 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long ReceiveMessage(nint user, int descriptor, MessageHeader* message, int flags)
    {
        var result = TakeVector(descriptor, message->Vector, (int)message->VectorCount, flags);
        if (result < 0)
        {
            return result;
        }

        message->Flags = 0;
        message->NameLength = 0;
        var room = message->ControlLength;
        message->ControlLength = 0;
        var world = Entry.World!;
        lock (world.Gate)
        {
            if (world.Sockets.Find(descriptor) is { WantsQueueLength: true } socket && message->Control is not null
                && room >= ControlMessage.Space)
            {
                *message->Control = new ControlMessage
                {
                    Length = ControlMessage.Used,
                    Level = Linux.SOL_TCP,
                    Type = Linux.TCP_INQ,
                    Value = socket.QueueLength,
                };
                message->ControlLength = ControlMessage.Space;
            }
        }

        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Write(nint user, int descriptor, nint buffer, long length) => Give(descriptor, buffer, length, 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Send(nint user, int descriptor, nint buffer, long length, int flags) => Give(descriptor, buffer, length, flags);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long SendTo(nint user, int descriptor, nint buffer, long length, int flags, byte* address, uint addressLength) =>
        Give(descriptor, buffer, length, flags, AddressOf(address, addressLength));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long WriteVector(nint user, int descriptor, IoVector* vector, int count) => GiveVector(descriptor, vector, count, 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long SendMessage(nint user, int descriptor, MessageHeader* message, int flags) =>
        GiveVector(descriptor, message->Vector, (int)message->VectorCount, flags, AddressOf((byte*)message->Name, message->NameLength));

    private static SocketAddress? AddressOf(byte* address, uint length) =>
        address is not null && SocketAddress.TryRead(new ReadOnlySpan<byte>(address, (int)length), out var read) ? read : null;

    private static long Take(int descriptor, nint buffer, long length, int flags) =>
        Wait(descriptor, (_, socket) => socket.Read(buffer, length, flags));

    private static long Give(int descriptor, nint buffer, long length, int flags, SocketAddress? to = null) =>
        Wait(descriptor, (_, socket) => socket.WriteFast(buffer, length, flags, to));

    private static long TakeVector(int descriptor, IoVector* vector, int count, int flags)
    {
        long total = 0;
        for (var i = 0; i < count; i++)
        {
            var taken = Take(descriptor, vector[i].Base, vector[i].Length, i == 0 ? flags : flags | Linux.MSG_DONTWAIT);
            if (taken < 0)
            {
                return total > 0 ? total : taken;
            }

            total += taken;
            if (taken < vector[i].Length)
            {
                break;
            }
        }

        return total;
    }

    private static long GiveVector(int descriptor, IoVector* vector, int count, int flags, SocketAddress? to = null)
    {
        // One write, so that nothing is sent between its parts.
        var whole = new List<byte>();
        for (var i = 0; i < count; i++)
        {
            if (vector[i].Base == 0 && vector[i].Length > 0)
            {
                return Fail(Linux.EFAULT);
            }

            whole.AddRange(new ReadOnlySpan<byte>((void*)vector[i].Base, (int)vector[i].Length));
        }

        var bytes = whole.ToArray();
        fixed (byte* start = bytes.Length == 0 ? new byte[1] : bytes)
        {
            return Give(descriptor, (nint)start, bytes.Length, flags, to);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        internal nint Base;
        internal long Length;
    }

    /// <summary><c>struct msghdr</c> of 64-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        internal nint Name;
        internal uint NameLength;
        internal IoVector* Vector;
        internal ulong VectorCount;
        internal ControlMessage* Control;
        internal ulong ControlLength;
        internal int Flags;
    }

    /// <summary><c>struct cmsghdr</c> with a number.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ControlMessage
    {
        internal const ulong Used = 20;
        internal const ulong Space = 24;

        internal ulong Length;
        internal int Level;
        internal int Type;
        internal int Value;
        internal int Padding;
    }
}
