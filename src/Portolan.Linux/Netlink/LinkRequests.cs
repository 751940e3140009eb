using System.Runtime.InteropServices;
using System.Text;

namespace Portolan.Linux.Netlink;

/// <summary>Asks NETLINK_ROUTE about network interfaces, in the namespace of the calling thread (rtnetlink(7)).</summary>
public static class LinkRequests
{
    private const ushort NewLink = 16;
    private const ushort GetLink = 18;
    private const ushort InterfaceNameAttribute = 3;
    private const uint Up = 1;

    /// <summary>Bytes of <c>struct ifinfomsg</c>: family, type, index, flags, mask of flags to change.</summary>
    private const int InterfaceMessageSize = 16;

    /// <summary>Brings an interface up.</summary>
    /// <exception cref="LinuxException">Not allowed, or no such interface.</exception>
    public static void SetUp(int interfaceIndex)
    {
        var request = Request(NewLink, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        var body = request.AsSpan(NetlinkHeader.Size);
        MemoryMarshal.Write(body[4..], interfaceIndex);
        MemoryMarshal.Write(body[8..], Up);
        MemoryMarshal.Write(body[12..], Up);
        using var socket = NetlinkSocket.Open(NetlinkFamily.Route);
        var result = new NetlinkDump(socket).Run(request, new NameReader(null), CancellationToken.None);
        if (result.Status != NetlinkDumpStatus.Complete)
        {
            throw new LinuxException(result.Errno, $"bring up interface {interfaceIndex}");
        }
    }

    /// <summary>Shows every interface's number and name to <paramref name="visit"/>.</summary>
    /// <returns>Whether the whole list was read.</returns>
    public static bool ReadNames(INetlinkChannel channel, Action<int, string> visit, CancellationToken cancellationToken)
    {
        var request = Request(GetLink, NetlinkFlags.Request | NetlinkFlags.Dump);
        var result = new NetlinkDump(channel).Run(request, new NameReader(visit), cancellationToken);
        return result.Status is NetlinkDumpStatus.Complete or NetlinkDumpStatus.Interrupted;
    }

    private static byte[] Request(ushort type, NetlinkFlags flags)
    {
        var request = new byte[NetlinkHeader.Size + InterfaceMessageSize];
        MemoryMarshal.Write(request, new NetlinkHeader { Type = type, Flags = flags });
        return request;
    }

    private sealed class NameReader(Action<int, string>? visit) : INetlinkVisitor
    {
        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
            if (visit is null || type != NewLink || payload.Length < InterfaceMessageSize)
            {
                return;
            }

            var index = MemoryMarshal.Read<int>(payload[4..]);
            var attributes = new NetlinkAttributes(payload[InterfaceMessageSize..]);
            while (attributes.MoveNext())
            {
                if (attributes.Type == InterfaceNameAttribute)
                {
                    visit(index, Encoding.UTF8.GetString(attributes.Value.TrimEnd((byte)0)));
                    return;
                }
            }
        }
    }
}
