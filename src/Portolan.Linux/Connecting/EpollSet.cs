using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Connecting;

/// <summary>An epoll(7) set whose members are named by numbers, edge-triggered.</summary>
internal sealed unsafe class EpollSet : IDisposable
{
    private const int MaxEvents = 512;

    // struct epoll_event is packed on x86-64 and only there (sys/epoll.h).
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private readonly int _descriptor;
    private readonly byte[] _events = GC.AllocateArray<byte>((DataOffset + 8) * MaxEvents, pinned: true);
    private bool _isDisposed;

    /// <summary>Makes an empty set.</summary>
    /// <exception cref="LinuxException">No descriptor left.</exception>
    public EpollSet()
    {
        _descriptor = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        if (_descriptor < 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "open an epoll descriptor");
        }
    }

    /// <summary>Adds a descriptor; it leaves the set when it is closed. 0, or the error number.</summary>
    public int Add(int descriptor, int number, uint events) => Control(Libc.EPOLL_CTL_ADD, descriptor, number, events);

    /// <summary>Asks for other events of a member; those that hold already come anew. 0, or the error number.</summary>
    public int Change(int descriptor, int number, uint events) => Control(Libc.EPOLL_CTL_MOD, descriptor, number, events);

    private int Control(int operation, int descriptor, int number, uint events)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = events | Libc.EPOLLET;
        *(ulong*)(entry + DataOffset) = (uint)number;
        return Libc.epoll_ctl(_descriptor, operation, descriptor, entry) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Waits and returns how many events there are; 0 also when a signal came.</summary>
    public int Wait(int timeoutMilliseconds)
    {
        fixed (byte* events = _events)
        {
            return Math.Max(0, Libc.epoll_wait(_descriptor, events, MaxEvents, timeoutMilliseconds));
        }
    }

    /// <summary>The number and events of one of the last wait's.</summary>
    public (int Number, uint Events) this[int index]
    {
        get
        {
            var entry = _events.AsSpan(index * (DataOffset + 8));
            return ((int)MemoryMarshal.Read<uint>(entry[DataOffset..]), MemoryMarshal.Read<uint>(entry));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Libc.close(_descriptor);
        }
    }
}
