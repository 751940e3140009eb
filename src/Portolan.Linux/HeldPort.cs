using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;
using Portolan.Linux.Processes;
using Portolan.Model;

namespace Portolan.Linux;

/// <summary>
/// A TCP port that is kept for a program about to start: a socket is bound to it on every address and does not listen.
/// </summary>
/// <remarks>
/// The bind is an exclusive one; SO_REUSEADDR is set behind it. So two holders never have the same port, while a program that sets
/// SO_REUSEADDR itself, as servers do, binds beside the holder and listens (inet_csk_bind_conflict in net/ipv4/inet_connection_sock.c
/// compares the options as they are then).
/// </remarks>
public sealed class HeldPort : IDisposable
{
    private const int StreamSocket = 1;
    private const int Backlog = 4096;
    private const int FirstPassed = 3;
    private const string Env = "/usr/bin/env";

    private readonly SocketHandle _socket;

    private HeldPort(PortNumber port, SocketHandle socket) => (Port, _socket) = (port, socket);

    /// <summary>The port that the socket is bound to.</summary>
    public PortNumber Port { get; }

    /// <summary>Holds a port; <c>null</c> where another program has it, or this one may not bind it.</summary>
    public static HeldPort? TryHold(PortNumber port) =>
        Bind(port, Libc.AF_INET6, out var isTaken) is { } both ? new HeldPort(port, both)
            : !isTaken && Bind(port, Libc.AF_INET, out _) is { } old ? new HeldPort(port, old) : null;

    /// <summary>
    /// Listens, and becomes a program that gets the socket as systemd would hand it over: descriptor 3, LISTEN_FDS and LISTEN_PID
    /// (sd_listen_fds(3)). Returns only when that failed: the error number.
    /// </summary>
    /// <param name="command">The program and its arguments; the program is looked for as a shell does.</param>
    public int Become(IReadOnlyList<string> command)
    {
        if (Libc.listen((int)_socket.DangerousGetHandle(), Backlog) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        InheritedCapabilities.KeepFromChildren();

        // Whatever of the runtime has this number ends with the runtime, a moment later.
        return Libc.dup2((int)_socket.DangerousGetHandle(), FirstPassed) < 0
            ? Marshal.GetLastPInvokeError()
            : ProcessReplacement.Become(
                Env, ["env", "LISTEN_FDS=1", $"LISTEN_PID={Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}", .. command]);
    }

    /// <summary>Gives the port back.</summary>
    public void Dispose() => _socket.Dispose();

    private static unsafe SocketHandle? Bind(PortNumber port, int family, out bool isTaken)
    {
        isTaken = false;
        var socket = Libc.socket(family, StreamSocket | Libc.SOCK_CLOEXEC, (int)TransportProtocol.Tcp);
        var off = 0;
        if (socket.IsInvalid
            || (family == Libc.AF_INET6 && Libc.setsockopt(socket, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, &off, sizeof(int)) != 0))
        {
            socket.Dispose();
            return null;
        }

        // struct sockaddr_in and sockaddr_in6: the family, the port in network order, and an address of zeros.
        Span<byte> name = stackalloc byte[28];
        name.Clear();
        MemoryMarshal.Write(name, (ushort)family);
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], port.Value);
        int bound;
        using (RaisedCapabilities.For(Capability.NetBindService))
        {
            fixed (byte* pointer = name)
            {
                bound = Libc.bind(socket, pointer, family == Libc.AF_INET ? 16u : 28u);
            }
        }

        var error = bound == 0 ? 0 : Marshal.GetLastPInvokeError();
        var on = 1;
        if (error == 0 && Libc.setsockopt(socket, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, &on, sizeof(int)) == 0)
        {
            return socket;
        }

        isTaken = error == Errno.AddressInUse;
        socket.Dispose();
        return null;
    }
}
