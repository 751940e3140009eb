using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Portolan.TunScenarios.Connecting;

/// <summary>
/// Many descriptors of one thread (epoll(7), edge-triggered), and the calls of a TCP client and server without what .NET puts around them.
/// </summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    internal const uint Readable = 0x1;
    internal const uint Writable = 0x4;
    internal const uint Failed = 0x8;
    internal const uint HungUp = 0x10;
    internal const int WouldBlock = 11;

    private const uint EdgeTriggered = 1u << 31;
    private const int EPOLL_CTL_ADD = 1;
    private const int Capacity = 256;

    /// <summary>struct epoll_event is packed on x86 only.</summary>
    private static readonly int EventLength = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private readonly int _descriptor = Check(epoll_create1(0), "make an epoll descriptor");
    private readonly byte[] _events = GC.AllocateArray<byte>(Capacity * 16, pinned: true);

    internal void Add(int descriptor, uint events)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = events | EdgeTriggered;
        *(int*)(entry + EventLength - 8) = descriptor;
        Check(epoll_ctl(_descriptor, EPOLL_CTL_ADD, descriptor, entry), "watch a socket");
    }

    /// <summary>Waits for events. Returns how many there are, none after the timeout.</summary>
    internal int Wait(int milliseconds)
    {
        fixed (byte* events = _events)
        {
            return Math.Max(0, epoll_wait(_descriptor, events, Capacity, milliseconds));
        }
    }

    internal (int Descriptor, uint Events) this[int index] =>
        (BitConverter.ToInt32(_events, (index * EventLength) + EventLength - 8), BitConverter.ToUInt32(_events, index * EventLength));

    public void Dispose() => close(_descriptor);

    /// <summary>The result of a call, or an exception with the kernel's reason.</summary>
    internal static int Check(int result, string operation) =>
        result >= 0
            ? result
            : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{operation}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int connect(int descriptor, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int accept4(int descriptor, byte* address, int* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int shutdown(int descriptor, int how);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int descriptor, int operation, int what, byte* entry);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int descriptor, byte* events, int capacity, int milliseconds);
}
