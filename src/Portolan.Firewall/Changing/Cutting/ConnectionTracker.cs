using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Changing.Cutting;

/// <summary>The connections that the kernel tracks: listed, and forgotten one by one (ctnetlink). A forgotten connection's next packet is judged as a new one's. Needs CAP_NET_ADMIN.</summary>
public sealed class ConnectionTracker(INetlinkChannel channel)
{
    private const ushort Subsystem = 1 << 8; // NFNL_SUBSYS_CTNETLINK
    private const ushort Get = Subsystem | 1; // IPCTNL_MSG_CT_GET
    private const ushort Delete = Subsystem | 2; // IPCTNL_MSG_CT_DELETE

    private readonly NetlinkDump _requests = new(channel);

    /// <summary>Lists those that are chosen.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public IReadOnlyList<TrackedConnection> List(Func<TrackedConnection, bool> isChosen, CancellationToken cancellationToken)
    {
        var collector = new Collector(isChosen);
        var result = Run(Get, NetlinkFlags.Dump, 0, default, collector, cancellationToken);
        return result.Status is NetlinkDumpStatus.Complete or NetlinkDumpStatus.Interrupted
            ? collector.Found
            : throw new LinuxException(result.Errno, "list the tracked connections");
    }

    /// <summary>Forgets one.</summary>
    /// <returns>0; ENOENT when it is gone; another error number.</returns>
    public int Forget(TrackedConnection connection, CancellationToken cancellationToken)
    {
        const byte IPv4 = 2;
        const byte IPv6 = 10;
        return Run(Delete, NetlinkFlags.Acknowledge, connection.IsIPv4 ? IPv4 : IPv6, connection.Key.Span, new Collector(static _ => false), cancellationToken).Errno;
    }

    private NetlinkDumpResult Run(ushort type, NetlinkFlags flags, byte family, ReadOnlySpan<byte> attributes, Collector collector, CancellationToken cancellationToken)
    {
        var writer = new NetlinkWriter(256);
        writer.BeginMessage(type, NetlinkFlags.Request | flags, 0);
        NetfilterHeader.Write(writer, family);
        writer.Raw(attributes);
        writer.EndMessage();
        return _requests.Run(writer.Bytes.ToArray(), collector, cancellationToken);
    }

    private sealed class Collector(Func<TrackedConnection, bool> isChosen) : INetlinkVisitor
    {
        internal List<TrackedConnection> Found { get; } = [];

        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
            if (TrackedConnection.TryRead(payload) is { } connection && isChosen(connection))
            {
                Found.Add(connection);
            }
        }
    }
}
