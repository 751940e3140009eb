using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;
using Portolan.Model;

namespace Portolan.Linux.Packet;

/// <summary>
/// Whether this process may send and receive raw packets, which takes CAP_NET_RAW in the user namespace that owns the network namespace.
/// </summary>
public static class RawAccess
{
    /// <summary>Tries it: capability bits mislead in user namespaces. Costs some microseconds; nothing is sent.</summary>
    /// <remarks>
    /// A raw IP socket needs the same capability as a packet socket and is closed at once, while closing a packet socket waits for all
    /// processors (synchronize_net in packet_release, net/packet/af_packet.c), 8 ms or more.
    /// </remarks>
    public static bool IsAllowed()
    {
        using var raised = RaisedCapabilities.For(Capability.NetRaw);
        using var socket = Libc.socket(Libc.AF_INET, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, Libc.IPPROTO_RAW);
        return !socket.IsInvalid;
    }

    /// <summary>Opens a socket that needs the privilege.</summary>
    /// <exception cref="PortolanException">Exit code 4: it is missing.</exception>
    /// <exception cref="LinuxException">Anything else.</exception>
    internal static SocketHandle Open(int family, int type, int protocol)
    {
        var handle = OpenRaised(family, type, protocol);
        if (!handle.IsInvalid)
        {
            return handle;
        }

        var errno = Marshal.GetLastPInvokeError();
        handle.Dispose();
        throw errno is Errno.NotPermitted or Errno.AccessDenied ? Refused(errno) : new LinuxException(errno, "open a raw socket");
    }

    /// <summary>Fails as the links do where the privilege is missing.</summary>
    /// <exception cref="PortolanException">Exit code 4.</exception>
    internal static void Demand()
    {
        if (!IsAllowed())
        {
            throw Refused(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>socket(2) with CAP_NET_RAW raised.</summary>
    internal static SocketHandle OpenRaised(int family, int type, int protocol)
    {
        using var raised = RaisedCapabilities.For(Capability.NetRaw);
        return Libc.socket(family, type | Libc.SOCK_CLOEXEC, protocol);
    }

    private static PortolanException Refused(int errno) => new(
        $"raw packets are not allowed here ({Marshal.GetPInvokeErrorMessage(errno)})",
        $"{CapabilityGrant.Hint(Capability.NetRaw)}; or scan with kernel connections: -sT",
        ExitCode.NoPrivilege);
}
