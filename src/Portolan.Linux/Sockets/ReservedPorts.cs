using System.Runtime.InteropServices;
using Portolan.Linux.Connecting;
using Portolan.Linux.Interop;
using Portolan.Model;

namespace Portolan.Linux.Sockets;

/// <summary>
/// TCP ports in a row that are held by sockets bound to all addresses, so that no program of this host has them or gets them. Nobody
/// listens there.
/// </summary>
/// <remarks>In the network namespace of the calling thread. They are free again when this is disposed, or the process ends.</remarks>
public sealed class ReservedPorts : IDisposable
{
    private const int LowestPort = 16384;
    private const int AddressFamilyNotSupported = 97;

    private readonly List<SocketHandle> _sockets;

    private ReservedPorts(PortRange range, List<SocketHandle> sockets) => (Range, _sockets) = (range, sockets);

    /// <summary>The ports.</summary>
    public PortRange Range { get; }

    /// <summary>Takes ports that no program has, outside those to avoid, from the highest down.</summary>
    /// <param name="count">How many.</param>
    /// <param name="avoided">Such as those of probes.</param>
    /// <param name="ephemeral">
    /// Ports that the kernel gives to programs, and those that are reserved from that for some program; <c>null</c> when unknown. Taken
    /// where there are no others: the kernel gives nobody a port that a socket is bound to (__inet_hash_connect,
    /// net/ipv4/inet_hashtables.c).
    /// </param>
    /// <param name="beside">How many descriptors the caller needs beside those of the ports.</param>
    /// <exception cref="PortolanException">There are not so many in a row, or not so many descriptors.</exception>
    /// <exception cref="LinuxException">No socket is to be had.</exception>
    public static ReservedPorts Take(int count, PortSet avoided, EphemeralRange? ephemeral = null, int beside = 0)
    {
        DemandDescriptors(count + beside);
        var reserved = avoided | (ephemeral?.Reserved ?? new PortSet());
        return TryTake(count, ephemeral is null ? reserved : reserved | new PortSet(ephemeral.Range))
            ?? TryTake(count, reserved) ?? TryTake(count, avoided) ?? throw new PortolanException(
            $"no {count} consecutive TCP ports from {LowestPort} up are free on this host",
            $"`portolan list -tan` lists the ports in use; `sysctl net.ipv4.ip_local_port_range` shows the ephemeral "
                + $"range, which can be narrowed");
    }

    private static void DemandDescriptors(int count)
    {
        var (limit, open) = (DescriptorLimit.Raise(), DescriptorLimit.CountOpen());
        if (limit - open < count)
        {
            throw new PortolanException(
                $"{count} descriptors are needed, but only {Math.Max(0, limit - open)} of this process's {limit} are left",
                $"raise the limit before: ulimit -n {Math.Max(1024, open + count)} (as root if the hard limit is "
                    + $"lower; LimitNOFILE= in a unit)");
        }
    }

    private static ReservedPorts? TryTake(int count, PortSet avoided)
    {
        for (var last = (int)ushort.MaxValue; last - count + 1 >= LowestPort;)
        {
            var range = new PortRange(new PortNumber((ushort)(last - count + 1)), new PortNumber((ushort)last));
            if (avoided.CountIn(range) > 0)
            {
                last--;
                continue;
            }

            if (TryHold(range, out var sockets, out var taken))
            {
                return new ReservedPorts(range, sockets);
            }

            last = taken - 1;
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private static bool TryHold(PortRange range, out List<SocketHandle> sockets, out int taken)
    {
        (sockets, taken) = ([], 0);
        for (int port = range.Last.Value; port >= range.First.Value; port--)
        {
            var errno = TryBind(new PortNumber((ushort)port), out var socket);
            if (errno == 0)
            {
                sockets.Add(socket!);
                continue;
            }

            sockets.ForEach(static held => held.Dispose());
            taken = port;
            return errno is ConnectErrors.EADDRINUSE or Errno.AccessDenied ? false : throw new LinuxException(errno, $"hold port {port}");
        }

        return true;
    }

    // A socket of IPv6 that takes IPv4 too holds the port for both.
    private static unsafe int TryBind(PortNumber port, out SocketHandle? socket)
    {
        var isIPv6 = true;
        socket = Libc.socket(Libc.AF_INET6, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
        if (socket.IsInvalid && Marshal.GetLastPInvokeError() == AddressFamilyNotSupported)
        {
            socket = Libc.socket(Libc.AF_INET, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
            isIPv6 = false;
        }

        if (socket.IsInvalid)
        {
            return Fail(ref socket);
        }

        var no = 0;
        if (isIPv6 && Libc.setsockopt(socket, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, &no, sizeof(int)) != 0)
        {
            return Fail(ref socket);
        }

        var name = new SocketName(isIPv6 ? InternetAddress.AnyIPv6 : InternetAddress.AnyIPv4, 0, port);
        return name.Bind((int)socket.DangerousGetHandle()) == 0 ? 0 : Fail(ref socket);
    }

    private static int Fail(ref SocketHandle? socket)
    {
        var errno = Marshal.GetLastPInvokeError();
        socket!.Dispose();
        socket = null;
        return errno;
    }
}
