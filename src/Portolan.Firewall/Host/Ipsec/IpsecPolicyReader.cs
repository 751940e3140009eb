using System.Runtime.InteropServices;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Linux.Proc;

namespace Portolan.Firewall.Host.Ipsec;

/// <summary>
/// Reads the policies of IPsec of the calling thread's network namespace (XFRM_MSG_GETPOLICY of linux/xfrm.h). Needs CAP_NET_ADMIN.
/// </summary>
public static class IpsecPolicyReader
{
    private const ushort GetPolicy = 0x15;
    private const ushort GetDefault = 0x28;

    /// <summary>Bytes of <c>struct xfrm_userpolicy_id</c>.</summary>
    private const int IdSize = 64;

    /// <summary>Reads them.</summary>
    /// <param name="procRoot">Where /proc is.</param>
    /// <param name="open">Opens a channel of NETLINK_XFRM.</param>
    /// <param name="cancellationToken">Stops between two datagrams.</param>
    public static IpsecReading Read(string procRoot, Func<INetlinkChannel> open, CancellationToken cancellationToken)
    {
        // Opening such a socket would load the module; where it is not loaded no policy exists.
        if (KernelFile.Text(Path.Combine(procRoot, "thread-self/net/netlink")) is { } sockets && !HasKernelSide(sockets)
            && !File.Exists(Path.Combine(procRoot, "thread-self/net/pfkey")))
        {
            return new IpsecReading([], null);
        }

        try
        {
            using var channel = open();
            var dump = new NetlinkDump(channel);
            var policies = new IpsecPolicyDecoder();
            var request = new byte[NetlinkHeader.Size + IdSize];
            MemoryMarshal.Write(request, new NetlinkHeader { Type = GetPolicy, Flags = NetlinkFlags.Request | NetlinkFlags.Dump });
            var result = dump.Run(request, policies, cancellationToken);
            if (result.Status is not (NetlinkDumpStatus.Complete or NetlinkDumpStatus.Interrupted))
            {
                return Unread(result.Errno);
            }

            // What no policy is about meets the default (since Linux 5.15; others do not know the question, and let it pass).
            var byDefault = new IpsecDefaultDecoder();
            request = new byte[NetlinkHeader.Size + sizeof(uint)];
            MemoryMarshal.Write(request, new NetlinkHeader { Type = GetDefault, Flags = NetlinkFlags.Request | NetlinkFlags.Acknowledge });
            dump.Run(request, byDefault, cancellationToken);
            return new IpsecReading([.. policies.Found, .. byDefault.Found], null);
        }
        catch (LinuxException exception)
        {
            return Unread(exception.Errno);
        }
    }

    private static IpsecReading Unread(int errno) => errno switch
    {
        Errno.NotPermitted or Errno.AccessDenied => new IpsecReading([], "shown to root only"),
        Errno.ProtocolNotSupported => new IpsecReading([], null),
        _ => new IpsecReading([], new LinuxException(errno, "read the policies of IPsec").Message),
    };

    /// <summary>Whether /proc/net/netlink has the kernel's own socket of NETLINK_XFRM: columns sk, Eth, Pid.</summary>
    private static bool HasKernelSide(string sockets)
    {
        foreach (var line in sockets.Split('\n'))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, "6", "0", ..])
            {
                return true;
            }
        }

        return false;
    }
}
