using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Packet;

/// <summary>
/// Waits for a descriptor, and can be woken by another thread (eventfd(2)). A wake costs a system call only while the other thread waits.
/// </summary>
internal sealed unsafe class WakeEvent : IDisposable
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Woken = 2;

    private readonly SocketHandle _event;
    private int _state;

    internal WakeEvent()
    {
        _event = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (_event.IsInvalid)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "make an event descriptor");
        }
    }

    /// <summary>Ends a wait of another thread, or the next one.</summary>
    internal void Set()
    {
        if (Interlocked.Exchange(ref _state, Woken) == Waiting)
        {
            ulong one = 1;
            _ = Libc.write(Descriptor(_event), (byte*)&one, sizeof(ulong));
        }
    }

    /// <summary>Waits until there is something to read.</summary>
    /// <returns>What poll(2) says of the descriptor; 0 when the time is over or another thread woke this one.</returns>
    internal short Wait(SocketHandle socket, TimeSpan timeout)
    {
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Woken)
        {
            Volatile.Write(ref _state, Idle);
            return 0;
        }

        var descriptors = stackalloc Libc.PollFd[2];
        descriptors[0] = new Libc.PollFd { fd = Descriptor(socket), events = Libc.POLLIN };
        descriptors[1] = new Libc.PollFd { fd = Descriptor(_event), events = Libc.POLLIN };
        var limit = stackalloc nint[2];
        limit[0] = (nint)(timeout.Ticks / TimeSpan.TicksPerSecond);
        limit[1] = (nint)(timeout.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
        var ready = Libc.ppoll(descriptors, 2, limit, null);
        Interlocked.Exchange(ref _state, Idle);
        if (ready <= 0)
        {
            return 0;
        }

        // A wake that came too late for this wait is found by the next one, which it ends.
        if (descriptors[1].revents != 0)
        {
            ulong count;
            _ = Libc.read(Descriptor(_event), (byte*)&count, sizeof(ulong));
        }

        return descriptors[0].revents;
    }

    /// <inheritdoc/>
    public void Dispose() => _event.Dispose();

    private static int Descriptor(SocketHandle handle) => (int)handle.DangerousGetHandle();
}
