using System.Runtime.InteropServices;
using Portolan.Linux.Connecting;
using Portolan.Linux.Interop;
using Portolan.Linux.Packet;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Relay;

/// <summary>
/// Calls on sockets that a relay makes by the hundred thousand: descriptors are plain numbers, nothing throws and nothing is allocated.
/// What can fail returns the negative error number.
/// </summary>
internal static unsafe class RelaySocket
{
    /// <summary>Opens a nonblocking stream socket.</summary>
    public static int OpenStream(int family) =>
        Result(Libc.socket_fd(family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0));

    /// <summary>Opens a nonblocking datagram socket.</summary>
    public static int OpenDatagram(int family) =>
        Result(Libc.socket_fd(family, Libc.SOCK_DGRAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0));

    /// <summary>bind(2). An IPv6 wildcard takes IPv4 too unless told otherwise.</summary>
    public static int Bind(int descriptor, RelayAddress address, bool reuseAddress, bool v6Only)
    {
        if (!address.IsUnix && reuseAddress)
        {
            Set(descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
        }

        if (address.Family == Libc.AF_INET6)
        {
            Set(descriptor, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, v6Only ? 1 : 0);
        }

        // A path is the person's own: it is bound with that person's permissions alone.
        using var raised = address.IsUnix ? default : RaisedCapabilities.For(Capability.NetBindService);
        fixed (byte* name = address.Bytes)
        {
            return Result(Libc.bind_fd(descriptor, name, (uint)address.Bytes.Length));
        }
    }

    /// <summary>
    /// Lets another socket of the same user have an address that overlaps with this one's, if that socket allows it too, or ends that
    /// (SO_REUSEPORT). It holds for sockets that are bound from then on, whatever this one was bound with (inet_csk_bind_conflict,
    /// udp_lib_lport_inuse).
    /// </summary>
    public static void SharePort(int descriptor, bool isShared) => Set(descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, isShared ? 1 : 0);

    /// <summary>
    /// Has a listening socket of TCP drop what asks for a connection, by a filter (SO_ATTACH_FILTER, which sees the TCP header: tcp_filter
    /// of net/ipv4/tcp_ipv4.c). The client asks again, and whoever listens then hears it. Handshakes that have begun are ended.
    /// </summary>
    public static void DropRequests(int descriptor)
    {
        const int Flags = 13; // RFC 9293 section 3.1
        const int Syn = 2;
        ReadOnlySpan<FilterInstruction> program =
        [
            new(FilterCode.LoadByte, 0, 0, Flags),
            new(FilterCode.JumpIfAnyBit, 0, 1, Syn),
            new(FilterCode.Return, 0, 0, 0),
            new(FilterCode.Return, 0, 0, uint.MaxValue),
        ];
        fixed (FilterInstruction* instructions = program)
        {
            // Where it cannot be, such clients are reset.
            var bytes = new Libc.sock_fprog { len = (ushort)program.Length, filter = instructions };
            _ = Libc.setsockopt_fd(descriptor, Libc.SOL_SOCKET, Libc.SO_ATTACH_FILTER, &bytes, (uint)sizeof(Libc.sock_fprog));
        }
    }

    /// <summary>listen(2).</summary>
    public static int Listen(int descriptor, int backlog) => Result(Libc.listen(descriptor, backlog));

    /// <summary>No longer listens, and keeps the port (tcp_disconnect keeps what was bound to).</summary>
    public static void StopListening(int descriptor) => _ = Libc.shutdown(descriptor, Libc.SHUT_RD);

    /// <summary>Takes the next connection of a listener, nonblocking.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="name">Where the other end's name goes, <see cref="RelayAddress.MaxLength"/> bytes.</param>
    /// <param name="nameLength">How many bytes of it count.</param>
    public static int Accept(int listener, Span<byte> name, out int nameLength)
    {
        fixed (byte* pointer = name)
        {
            var length = (uint)name.Length;
            var descriptor = Libc.accept4(listener, pointer, &length, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
            nameLength = (int)Math.Min(length, (uint)name.Length);
            return Result(descriptor);
        }
    }

    /// <summary>connect(2).</summary>
    public static int Connect(int descriptor, ReadOnlySpan<byte> address)
    {
        fixed (byte* name = address)
        {
            return Result(Libc.connect_fd(descriptor, name, (uint)address.Length));
        }
    }

    /// <summary>recv(2).</summary>
    public static int Receive(int descriptor, Span<byte> buffer, bool peek = false)
    {
        fixed (byte* pointer = buffer)
        {
            return Result(Libc.recv_fd(descriptor, pointer, (nuint)buffer.Length, peek ? Libc.MSG_PEEK : 0));
        }
    }

    /// <summary>send(2), without SIGPIPE.</summary>
    public static int Send(int descriptor, ReadOnlySpan<byte> data)
    {
        fixed (byte* pointer = data)
        {
            return Result(Libc.send_fd(descriptor, pointer, (nuint)data.Length, Libc.MSG_NOSIGNAL));
        }
    }

    /// <summary>Moves bytes between a socket and a pipe without copying them here; see <see cref="IgnoreBrokenPipes"/>.</summary>
    public static int Splice(int from, int to, int length) =>
        Result(Libc.splice(from, null, to, null, (nuint)length, Libc.SPLICE_F_MOVE | Libc.SPLICE_F_NONBLOCK));

    /// <summary>Ends sending: the other end reads the end of the stream.</summary>
    public static int ShutdownSending(int descriptor) => Result(Libc.shutdown(descriptor, Libc.SHUT_WR));

    /// <summary>close(2).</summary>
    public static void Close(int descriptor) => _ = Libc.close(descriptor);

    /// <summary>
    /// Closes what took connections or datagrams from anybody, so that it takes nothing from this call on. A program that another thread
    /// just starts has all descriptors of this process until it is executed, and with close(2) alone the kernel would go on to choose this
    /// socket, which nobody reads any more, before one of all addresses.
    /// </summary>
    public static void CloseListener(int descriptor, bool isDatagram)
    {
        if (isDatagram)
        {
            // Its port is free when the last has closed it.
            Deafen(descriptor);
        }
        else
        {
            StopListening(descriptor);
        }

        Close(descriptor);
    }

    /// <summary>
    /// A socket of datagrams hears nobody from now on, connected to its own address. What waits in its queue may be read, and it may send.
    /// </summary>
    public static void Deafen(int descriptor)
    {
        Span<byte> name = stackalloc byte[RelayAddress.MaxLength];
        _ = Connect(descriptor, name[..OwnName(descriptor, name)]);
    }

    /// <summary>Closes with a reset: what was not sent is thrown away, and the other end gets an error.</summary>
    public static void Reset(int descriptor)
    {
        var linger = new Libc.Linger { l_onoff = 1, l_linger = 0 };
        _ = Libc.setsockopt_fd(descriptor, Libc.SOL_SOCKET, Libc.SO_LINGER, &linger, (uint)sizeof(Libc.Linger));
        _ = Libc.close(descriptor);
    }

    /// <summary>The error that waits on a socket, taken from it; 0 for none.</summary>
    public static int TakeError(int descriptor)
    {
        int error;
        var length = (uint)sizeof(int);
        return Libc.getsockopt_fd(descriptor, Libc.SOL_SOCKET, Libc.SO_ERROR, &error, &length) == 0 ? error : Marshal.GetLastPInvokeError();
    }

    /// <summary>TCP_NODELAY. Connections inherit it from their listener.</summary>
    public static void SendAtOnce(int descriptor) => Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);

    /// <summary>SO_OOBINLINE: an urgent byte stays in its place in the stream.</summary>
    public static void KeepUrgentInline(int descriptor) => Set(descriptor, Libc.SOL_SOCKET, Libc.SO_OOBINLINE, 1);

    /// <summary>SO_KEEPALIVE: after a silence the kernel asks whether the other end is still there (tcp(7)).</summary>
    public static void KeepAlive(int descriptor, int idleSeconds, int intervalSeconds, int probes)
    {
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, idleSeconds);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, intervalSeconds);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPCNT, probes);
        Set(descriptor, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 1);
    }

    /// <summary>
    /// SO_RCVBUF and SO_SNDBUF: as many bytes as the kernel lets this user have; above net.core.rmem_max with CAP_NET_ADMIN only.
    /// </summary>
    public static void SetBuffers(int descriptor, int bytes)
    {
        using var raised = RaisedCapabilities.For(Capability.NetAdmin);
        _ = Set(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, bytes) || Set(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUF, bytes);
        _ = Set(descriptor, Libc.SOL_SOCKET, Libc.SO_SNDBUFFORCE, bytes) || Set(descriptor, Libc.SOL_SOCKET, Libc.SO_SNDBUF, bytes);
    }

    /// <summary>
    /// IP_RECVERR: ICMP errors about what a socket of datagrams sent are kept for <see cref="Connecting.ErrorQueue"/>. Without it the
    /// kernel reports that a port is closed, and neither that a host is not there nor that a firewall rejects (udp_err).
    /// </summary>
    public static void KeepErrors(int descriptor, int family) => _ = family == RelayAddress.FamilyIPv6
        ? Set(descriptor, Libc.IPPROTO_IPV6, Libc.IPV6_RECVERR, 1)
        : Set(descriptor, Libc.IPPROTO_IP, Libc.IP_RECVERR, 1);

    /// <summary>
    /// How many datagrams the kernel has thrown away at a socket since it was opened, as its receive buffer was full (SO_MEMINFO,
    /// SK_MEMINFO_DROPS).
    /// </summary>
    public static uint Drops(int descriptor) => MemoryFact(descriptor, 8);

    /// <summary>
    /// How many bytes a socket's receive buffer may hold, as the kernel counts them: more than twice those of small datagrams (SO_MEMINFO,
    /// SK_MEMINFO_RCVBUF).
    /// </summary>
    public static uint ReceiveBuffer(int descriptor) => MemoryFact(descriptor, 1);

    private static uint MemoryFact(int descriptor, int fact)
    {
        const int Facts = 9;
        var facts = stackalloc uint[Facts];
        var length = (uint)(Facts * sizeof(uint));
        return Libc.getsockopt_fd(descriptor, Libc.SOL_SOCKET, Libc.SO_MEMINFO, facts, &length) == 0 && length == Facts * sizeof(uint)
            ? facts[fact]
            : 0;
    }

    /// <summary>
    /// Binds to an address of this host and a port that the kernel chooses among those that are free at this address. 0, or the negative
    /// error number.
    /// </summary>
    public static int BindAnyPort(int descriptor, ReadOnlySpan<byte> name)
    {
        Span<byte> address = stackalloc byte[RelayAddress.MaxLength];
        name.CopyTo(address);
        address[2..4].Clear();
        fixed (byte* pointer = address)
        {
            return Result(Libc.bind_fd(descriptor, pointer, (uint)name.Length));
        }
    }

    /// <summary>Sets an option that is a number; whether it worked.</summary>
    public static bool Set(int descriptor, int level, int option, int value) =>
        Libc.setsockopt_fd(descriptor, level, option, &value, sizeof(int)) == 0;

    /// <summary>The socket's own address, in the kernel's form; its length.</summary>
    public static int OwnName(int descriptor, Span<byte> name)
    {
        fixed (byte* pointer = name)
        {
            var length = (uint)name.Length;
            return Libc.getsockname_fd(descriptor, pointer, &length) == 0 ? (int)Math.Min(length, (uint)name.Length) : 0;
        }
    }

    /// <summary>Whether an address is one of this host's: the route to it has the address itself as its source. Nothing is sent.</summary>
    public static bool IsOwnAddress(RelayAddress address)
    {
        var descriptor = OpenDatagram(address.Family);
        if (descriptor < 0)
        {
            return false;
        }

        Span<byte> name = stackalloc byte[RelayAddress.MaxLength];
        var isOwn = Connect(descriptor, address.Bytes) == 0
            && RelayAddress.TryRead(name[..OwnName(descriptor, name)], out var own, out _)
            && RelayAddress.TryRead(address.Bytes, out var asked, out _) && own == asked;
        Close(descriptor);
        return isOwn;
    }

    /// <summary>A socket that was connected to its own address and port by chance (RFC 9293 section 3.5) talks to itself.</summary>
    public static bool IsOwnName(int descriptor, RelayAddress remote)
    {
        Span<byte> name = stackalloc byte[RelayAddress.MaxLength];
        return OwnName(descriptor, name) is var length and > 0
            && name[..Math.Min(length, 8)].SequenceEqual(remote.Bytes[..Math.Min(remote.Bytes.Length, 8)])
            && (remote.Family != Libc.AF_INET6 || name[8..24].SequenceEqual(remote.Bytes[8..24]));
    }

    /// <summary>Removes the file of a Unix socket; the error number, negative.</summary>
    public static int Unlink(RelayAddress address)
    {
        fixed (byte* path = address.Bytes)
        {
            return Result(Libc.unlink(path + 2));
        }
    }

    /// <summary>splice(2) to a socket whose other end is gone raises SIGPIPE, which would end the process.</summary>
    public static void IgnoreBrokenPipes() => _ = Libc.signal(Libc.SIGPIPE, Libc.SIG_IGN);

    /// <summary>How many descriptors may be open, raised as far as this user may.</summary>
    public static int RaiseDescriptorLimit(int wanted) => DescriptorLimit.Raise((nuint)wanted);

    /// <summary>How many descriptors are open now.</summary>
    public static int CountDescriptors() => DescriptorLimit.CountOpen();

    private static int Result(nint returned) => returned >= 0 ? (int)returned : -Marshal.GetLastPInvokeError();
}
