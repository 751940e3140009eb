using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;
using Portolan.Model;

namespace Portolan.Linux.Connecting;

/// <summary>Makes and resets the sockets of a <see cref="KernelConnector"/>.</summary>
internal static unsafe class ConnectSocket
{
    // ip(7), ipv6(7): -1 is the default of the system again.
    private const int SystemDefault = -1;

    /// <summary>Opens a nonblocking socket as the options want it.</summary>
    /// <param name="options">What it is bound to.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="isIPv4">The family.</param>
    /// <param name="errno">The error number when it fails.</param>
    /// <returns>The descriptor, or -1.</returns>
    public static int Open(KernelConnectorOptions options, TransportProtocol protocol, bool isIPv4, out int errno)
    {
        var family = isIPv4 ? Libc.AF_INET : Libc.AF_INET6;
        var type = (protocol == TransportProtocol.Udp ? Libc.SOCK_DGRAM : Libc.SOCK_STREAM) | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC;
        var descriptor = Libc.socket_fd(family, type, (int)protocol);
        if (descriptor < 0)
        {
            errno = Marshal.GetLastPInvokeError();
            return -1;
        }

        if (protocol == TransportProtocol.Tcp)
        {
            // However this process ends, its connections are reset: who is closed with a FIN and says more leaves FIN-WAIT-2 behind here
            // (socket(7)).
            var linger = new Libc.Linger { l_onoff = 1, l_linger = 0 };
            _ = Libc.setsockopt_fd(descriptor, Libc.SOL_SOCKET, Libc.SO_LINGER, &linger, (uint)sizeof(Libc.Linger));
        }

        // The error queue is a help, not a need; the rest was asked for by name.
        Set(descriptor, isIPv4 ? Libc.IPPROTO_IP : Libc.IPPROTO_IPV6, isIPv4 ? Libc.IP_RECVERR : Libc.IPV6_RECVERR, 1);
        if (Prepare(descriptor, options, isIPv4))
        {
            errno = 0;
            return descriptor;
        }

        errno = Marshal.GetLastPInvokeError();
        Libc.close(descriptor);
        return -1;
    }

    /// <summary>
    /// Takes a TCP socket back to its beginning, so that it can be connected again: an open connection is reset, an attempt is given up
    /// (connect(2), AF_UNSPEC). Cheaper than a new socket, and leaves no TIME-WAIT.
    /// </summary>
    /// <returns><c>false</c>: close it instead.</returns>
    public static bool Reset(int descriptor)
    {
        var nowhere = stackalloc byte[16];
        new Span<byte>(nowhere, 16).Clear();
        if (Libc.connect_fd(descriptor, nowhere, 16) != 0)
        {
            return false;
        }

        // The reset leaves ECONNRESET behind, which the next attempt must not find.
        int error;
        var length = (uint)sizeof(int);
        return Libc.getsockopt_fd(descriptor, Libc.SOL_SOCKET, Libc.SO_ERROR, &error, &length) == 0;
    }

    /// <summary>Sets the TTL or hop limit of what a socket sends; <c>null</c> for the system's own.</summary>
    public static bool SetTimeToLive(int descriptor, bool isIPv4, byte? timeToLive) =>
        Set(
            descriptor, isIPv4 ? Libc.IPPROTO_IP : Libc.IPPROTO_IPV6, isIPv4 ? Libc.IP_TTL : Libc.IPV6_UNICAST_HOPS,
            timeToLive ?? SystemDefault);

    private static bool Prepare(int descriptor, KernelConnectorOptions options, bool isIPv4)
    {
        if (options.InterfaceName is { } name)
        {
            // Before Linux 5.7 only with CAP_NET_RAW (socket(7)).
            using var raised = RaisedCapabilities.For(Capability.NetRaw);
            var bytes = Encoding.UTF8.GetBytes(name);
            fixed (byte* pointer = bytes)
            {
                if (Libc.setsockopt_fd(descriptor, Libc.SOL_SOCKET, Libc.SO_BINDTODEVICE, pointer, (uint)bytes.Length) != 0)
                {
                    return false;
                }
            }
        }

        if (options.TimeToLive is { } timeToLive && !SetTimeToLive(descriptor, isIPv4, timeToLive))
        {
            return false;
        }

        if (options.Source is null && options.SourcePort is null)
        {
            return true;
        }

        // Many sockets share the one port (-g), told apart by where they are connected to; or the kernel picks the port when it connects,
        // when it knows the other end and any port free towards it will do.
        var port = options.SourcePort ?? PortNumber.Zero;
        var isSet = port == PortNumber.Zero
            ? Set(descriptor, Libc.IPPROTO_IP, Libc.IP_BIND_ADDRESS_NO_PORT, 1)
            : Set(descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
        var source = options.Source ?? (isIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6);
        return isSet && new SocketName(source, 0, port).Bind(descriptor) == 0;
    }

    private static bool Set(int descriptor, int level, int option, int value) =>
        Libc.setsockopt_fd(descriptor, level, option, &value, sizeof(int)) == 0;
}
