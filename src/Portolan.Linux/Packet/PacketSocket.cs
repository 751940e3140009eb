using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Packet;

/// <summary>What packet and raw sockets have in common: opening, binding, options (packet(7)).</summary>
internal static unsafe class PacketSocket
{
    /// <summary>Opens a packet socket that receives nothing before it is bound, so that filters and rings are in place first.</summary>
    internal static SocketHandle Open(bool withLinkHeader) =>
        RawAccess.Open(Libc.AF_PACKET, withLinkHeader ? Libc.SOCK_RAW : Libc.SOCK_DGRAM, 0);

    /// <summary>Binds to an interface.</summary>
    /// <param name="socket">A packet socket.</param>
    /// <param name="interfaceIndex">The interface.</param>
    /// <param name="etherType">What to receive: 0 for nothing, ETH_P_ALL for all.</param>
    /// <exception cref="LinuxException">The interface is gone or down.</exception>
    internal static void Bind(SocketHandle socket, int interfaceIndex, ushort etherType)
    {
        var address = Address(interfaceIndex, etherType);
        if (Libc.bind(socket, (byte*)&address, (uint)sizeof(Libc.sockaddr_ll)) != 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), $"bind a packet socket to interface {interfaceIndex}");
        }
    }

    /// <summary>Has the kernel run a program on each frame before it is queued.</summary>
    /// <exception cref="LinuxException">The kernel does not take the program.</exception>
    internal static void Attach(SocketHandle socket, FilterInstruction[] program)
    {
        fixed (FilterInstruction* instructions = program)
        {
            var bytes = new Libc.sock_fprog { len = checked((ushort)program.Length), filter = instructions };
            if (Libc.setsockopt_bytes(socket, Libc.SOL_SOCKET, Libc.SO_ATTACH_FILTER, &bytes, (uint)sizeof(Libc.sock_fprog)) != 0)
            {
                throw new LinuxException(Marshal.GetLastPInvokeError(), "attach a packet filter");
            }
        }
    }

    /// <summary>An interface and an EtherType as a socket address.</summary>
    internal static Libc.sockaddr_ll Address(int interfaceIndex, ushort etherType) => new()
    {
        sll_family = Libc.AF_PACKET,
        sll_protocol = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(etherType) : etherType,
        sll_ifindex = interfaceIndex,
    };

    /// <summary>Sets an option that is a number.</summary>
    /// <returns>0, or the error number.</returns>
    internal static int TrySet(SocketHandle socket, int level, int option, int value) =>
        Libc.setsockopt(socket, level, option, &value, sizeof(int)) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Sets an option that must work.</summary>
    /// <exception cref="LinuxException">It does not.</exception>
    internal static void Set(SocketHandle socket, int level, int option, int value, string operation)
    {
        var errno = TrySet(socket, level, option, value);
        if (errno != 0)
        {
            throw new LinuxException(errno, operation);
        }
    }

    /// <summary>Asks for a buffer of a size: beyond rmem_max and wmem_max with CAP_NET_ADMIN, else up to them.</summary>
    internal static void SetBuffer(SocketHandle socket, int force, int ordinary, int bytes)
    {
        using var raised = RaisedCapabilities.For(Capability.NetAdmin);
        if (TrySet(socket, Libc.SOL_SOCKET, force, bytes) != 0)
        {
            TrySet(socket, Libc.SOL_SOCKET, ordinary, bytes);
        }
    }

    /// <summary>Sets how long a blocking call waits (<c>struct timeval</c>).</summary>
    internal static void SetTimeout(SocketHandle socket, int option, TimeSpan timeout)
    {
        var time = stackalloc nint[2];
        time[0] = (nint)(timeout.Ticks / TimeSpan.TicksPerSecond);
        time[1] = (nint)(timeout.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond);
        _ = Libc.setsockopt_bytes(socket, Libc.SOL_SOCKET, option, time, (uint)(2 * sizeof(nint)));
    }

    /// <summary>The error that is kept at the socket, cleared by asking.</summary>
    internal static int TakeError(SocketHandle socket)
    {
        var error = 0;
        var length = (uint)sizeof(int);
        return Libc.getsockopt(socket, Libc.SOL_SOCKET, Libc.SO_ERROR, &error, &length) == 0 ? error : Marshal.GetLastPInvokeError();
    }
}
