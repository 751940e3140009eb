using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Relay;

/// <summary>What happened to a descriptor (epoll_ctl(2)).</summary>
[Flags]
internal enum RelayEvent : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Something can be read.</summary>
    Readable = Libc.EPOLLIN,

    /// <summary>There is an urgent byte.</summary>
    Urgent = Libc.EPOLLPRI,

    /// <summary>Something can be written.</summary>
    Writable = Libc.EPOLLOUT,

    /// <summary>An error waits.</summary>
    Error = Libc.EPOLLERR,

    /// <summary>Both directions are closed.</summary>
    HungUp = Libc.EPOLLHUP,

    /// <summary>The other end sends no more.</summary>
    PeerEnded = Libc.EPOLLRDHUP,

    /// <summary>Told once for each change, not as long as it lasts.</summary>
    Edge = Libc.EPOLLET,

    /// <summary>Of many sets that hold the descriptor, one at a time is woken.</summary>
    Exclusive = Libc.EPOLLEXCLUSIVE,

    /// <summary>What a relayed stream is watched for.</summary>
    Stream = Readable | Writable | Urgent | PeerEnded | Edge,
}

/// <summary>An epoll(7) set of one thread, whose members are named by numbers of 64 bits, and which other threads may wake.</summary>
internal sealed unsafe class RelayEvents : IDisposable
{
    private const int MaxEvents = 256;

    // struct epoll_event is packed on x86-64 and only there (sys/epoll.h).
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private readonly int _set;
    private readonly int _wake;
    private readonly byte[] _events = GC.AllocateArray<byte>(16 * MaxEvents, pinned: true);
    private readonly byte* _first;
    private readonly int _size = DataOffset + 8;
    private int _isWoken;
    private bool _isDisposed;

    /// <summary>Makes an empty set.</summary>
    /// <exception cref="LinuxException">No descriptor left.</exception>
    public RelayEvents()
    {
        _first = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_events, 0);
        _set = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        _wake = _set < 0 ? -1 : Libc.eventfd_fd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (_wake < 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "open an epoll descriptor");
        }

        Add(_wake, ulong.MaxValue, RelayEvent.Readable | RelayEvent.Edge);
    }

    /// <summary>The number under which <see cref="Wake"/> is told.</summary>
    public static ulong WakeNumber => ulong.MaxValue;

    /// <summary>Adds a descriptor; it leaves the set when it is closed. 0, or the negative error number.</summary>
    public int Add(int descriptor, ulong number, RelayEvent events)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = (uint)events;
        *(ulong*)(entry + DataOffset) = number;
        return Libc.epoll_ctl(_set, Libc.EPOLL_CTL_ADD, descriptor, entry) == 0 ? 0 : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Takes a descriptor out that stays open.</summary>
    public void Remove(int descriptor)
    {
        var entry = stackalloc byte[16];
        _ = Libc.epoll_ctl(_set, Libc.EPOLL_CTL_DEL, descriptor, entry);
    }

    /// <summary>Waits and returns how many events there are; 0 also when a signal came.</summary>
    /// <param name="timeoutMilliseconds">-1 for no end.</param>
    public int Wait(int timeoutMilliseconds) => Math.Max(0, Libc.epoll_wait(_set, _first, MaxEvents, timeoutMilliseconds));

    /// <summary>One of the last wait's.</summary>
    public RelayEvent EventAt(int index, out ulong number)
    {
        var entry = _first + (index * _size);
        number = *(ulong*)(entry + DataOffset);
        return (RelayEvent)(*(uint*)entry);
    }

    /// <summary>From any thread: ends a wait, or the next one.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isWoken, 1) == 0)
        {
            ulong one = 1;
            _ = Libc.write(_wake, (byte*)&one, sizeof(ulong));
        }
    }

    /// <summary>To be called when <see cref="WakeNumber"/> was told, before what the wake is about is looked at.</summary>
    /// <remarks>The counter is left as it is: told by the edge, each write counts anew.</remarks>
    public void Woken() => Interlocked.Exchange(ref _isWoken, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;

            // Who wakes it later writes into no descriptor.
            Interlocked.Exchange(ref _isWoken, 1);
            RelaySocket.Close(_set);
            RelaySocket.Close(_wake);
        }
    }
}
