using System.Runtime.InteropServices;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Replay.Rebuilding;

/// <summary>Changes to interfaces, addresses, routes and policy rules over one channel of NETLINK_ROUTE, each acknowledged.</summary>
internal sealed class RouteRequest(INetlinkChannel channel, CancellationToken cancellationToken) : INetlinkVisitor
{
    private readonly NetlinkDump _dump = new(channel);
    private readonly NetlinkWriter _writer = new();

    /// <summary>Starts a request: its type, flags and the family's header.</summary>
    internal NetlinkWriter Begin<T>(ushort type, NetlinkFlags flags, in T header)
        where T : unmanaged
    {
        _writer.Clear();
        _writer.BeginMessage(type, NetlinkFlags.Request | NetlinkFlags.Acknowledge | flags, 0);
        _writer.Raw(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in header)));
        return _writer;
    }

    /// <summary>Sends what was begun.</summary>
    /// <returns>0, or the error number.</returns>
    internal int Send()
    {
        _writer.EndMessage();
        var bytes = _writer.Bytes.ToArray();
        var result = _dump.Run(bytes, this, cancellationToken);
        return result.Status == NetlinkDumpStatus.Complete ? 0 : result.Errno == 0 ? Errno.InvalidArgument : result.Errno;
    }

    void INetlinkVisitor.Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        // An acknowledgement carries nothing else.
    }
}
