using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Portolan.Packetdrill;

/// <summary>
/// The calls of packetdrill's interface. Each takes the world's lock, and tells errors as the C library does: -1 and errno.
/// </summary>
internal static unsafe partial class Calls
{
    /// <summary>When the blocking call of this thread ended: the next question for the time is about that.</summary>
    [ThreadStatic]
    private static long _endedAt;

    internal static int GetOption(World world, int descriptor, int level, int name, byte* value, int* length)
    {
        lock (world.Gate)
        {
            if (world.Sockets.Find(descriptor) is not { } socket)
            {
                return (int)Fail(Linux.EBADF);
            }

            var result = socket.GetOption(level, name, new Span<byte>(value, *length));
            if (result < 0)
            {
                return (int)Fail(-result);
            }

            *length = result;
            return 0;
        }
    }

    internal static long Fail(int error)
    {
        Marshal.SetLastSystemError(error);
        return -1;
    }

    /// <summary>Runs a call that does not wait.</summary>
    private static long Do(int descriptor, Func<World, TcpSocket, long> call)
    {
        var world = Entry.World!;
        lock (world.Gate)
        {
            world.Refresh();
            if (world.Sockets.Find(descriptor) is not { } socket)
            {
                return Fail(Linux.EBADF);
            }

            var result = call(world, socket);
            world.Settle();
            return result < 0 ? Fail((int)-result) : result;
        }
    }

    /// <summary>Runs a call that may have waited.</summary>
    private static long Wait(int descriptor, Func<World, TcpSocket, PendingCall> call) => Do(descriptor, (world, socket) =>
    {
        var pending = call(world, socket);
        _endedAt = pending.EndedAt.Nanoseconds / 1000;
        return pending.Result;
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(nint user)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Socket(nint user, int domain, int type, int protocol)
    {
        var world = Entry.World!;
        lock (world.Gate)
        {
            world.Refresh();
            if ((type & Linux.SOCK_TYPE_MASK) != Linux.SOCK_STREAM || domain is not (Linux.AF_INET or Linux.AF_INET6))
            {
                return (int)Fail(Linux.EPROTONOSUPPORT);
            }

            return world.Sockets.Add(new TcpSocket(world, domain) { IsNonBlocking = (type & Linux.SOCK_NONBLOCK) != 0 });
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Bind(nint user, int descriptor, byte* address, uint length) => (int)Do(
        descriptor,
        (_, socket) => SocketAddress.TryRead(new ReadOnlySpan<byte>(address, (int)length), out var to) ? socket.Bind(to) : -Linux.EINVAL);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Listen(nint user, int descriptor, int backlog) => (int)Do(descriptor, (_, socket) => socket.Listen(backlog));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Accept(nint user, int descriptor, byte* address, uint* length) => (int)Wait(descriptor, (world, socket) =>
    {
        var call = socket.Accept();
        if (call.Result >= 0 && address is not null && world.Sockets.Find((int)call.Result)?.Remote is { } remote)
        {
            *length = (uint)remote.Write(new Span<byte>(address, (int)*length), socket.Family);
        }

        return call;
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Connect(nint user, int descriptor, byte* address, uint length) => (int)Wait(
        descriptor,
        (_, socket) =>
            SocketAddress.TryRead(new ReadOnlySpan<byte>(address, (int)length), out var to)
                ? socket.Connect(to)
                : PendingCall.Ended(-Linux.EINVAL));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Close(nint user, int descriptor) => (int)Do(descriptor, (world, socket) =>
    {
        socket.Close();
        world.Sockets.Remove(descriptor);
        return 0;
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Shutdown(nint user, int descriptor, int how) => (int)Do(descriptor, (_, socket) => socket.Shutdown(how));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileControl(nint user, int descriptor, int command, long argument) => (int)Do(descriptor, (_, socket) =>
    {
        switch (command)
        {
            case Linux.F_GETFL:
                return Linux.O_RDWR | (socket.IsNonBlocking ? Linux.O_NONBLOCK : 0);
            case Linux.F_SETFL:
                socket.IsNonBlocking = ((int)argument & Linux.O_NONBLOCK) != 0;
                return 0;
            default:
                return -Linux.EINVAL;
        }
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int DeviceControl(nint user, int descriptor, ulong request, int* value) => (int)Do(descriptor, (_, socket) =>
    {
        switch (request)
        {
            case Linux.SIOCINQ:
                *value = socket.Readable;
                return 0;
            case Linux.SIOCOUTQ:
                *value = socket.Queued;
                return 0;
            case Linux.SIOCOUTQNSD:
                *value = socket.Unsent;
                return 0;
            default:
                return -Linux.EINVAL;
        }
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetSocketOption(nint user, int descriptor, int level, int name, byte* value, int* length) =>
        GetOption(Entry.World!, descriptor, level, name, value, length);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SetSocketOption(nint user, int descriptor, int level, int name, byte* value, uint length) =>
        (int)Do(
            descriptor,
            (_, socket) => value is null ? -Linux.EFAULT : socket.SetOption(level, name, new ReadOnlySpan<byte>(value, (int)length)));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Missing(nint user)
    {
        return (int)Fail(Linux.EOPNOTSUPP);
    }
}
