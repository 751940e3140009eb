using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Connections;

/// <summary>
/// The connections that the kernel tracks: listed, and forgotten one by one (ctnetlink). A forgotten connection's next packet is judged as
/// a new one's. Needs CAP_NET_ADMIN.
/// </summary>
public sealed class ConnectionTracker(INetlinkChannel channel)
{
    private const ushort Subsystem = 1 << 8; // NFNL_SUBSYS_CTNETLINK
    private const ushort New = Subsystem; // IPCTNL_MSG_CT_NEW
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

    /// <summary>Lists those whose packets go to another destination than they were sent to. The kernel leaves out others itself.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public IReadOnlyList<TrackedConnection> ListLedOn(CancellationToken cancellationToken)
    {
        const ushort Status = 3; // CTA_STATUS
        const ushort StatusMask = 26; // CTA_STATUS_MASK, Linux 5.17; an older kernel lists all
        const uint DestinationTranslated = 1 << 5; // IPS_DST_NAT
        var attributes = new NetlinkWriter(64);
        attributes.BigEndian32(Status, DestinationTranslated);
        attributes.BigEndian32(StatusMask, DestinationTranslated);
        var collector = new Collector(static connection => connection.IsLedOn);
        var result = Run(Get, NetlinkFlags.Dump, 0, attributes.Bytes, collector, cancellationToken);
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
        return Run(
            Delete, NetlinkFlags.Acknowledge, connection.IsIPv4 ? IPv4 : IPv6, connection.Key.Span, new Collector(static _ => false),
            cancellationToken).Errno;
    }

    /// <summary>
    /// Finds the TCP connection whose packets leave this machine with these ends: what its sender wrote may be another address and port.
    /// </summary>
    /// <returns><c>null</c> where it is not tracked, was only met in its middle, or cannot be asked for.</returns>
    public TrackedConnection? FindByReply(
        InternetAddress local, ushort localPort, InternetAddress remote, ushort remotePort, CancellationToken cancellationToken)
    {
        if (local.IsIPv4 != remote.IsIPv4)
        {
            return null;
        }

        var collector = new Collector(static _ => true);
        var key = ConnectionRecord.Reply(local, localPort, remote, remotePort);
        var result = Run(Get, NetlinkFlags.Acknowledge, ConnectionRecord.Family(local), key, collector, cancellationToken);

        // The kernel finds it by either direction; met in its middle, it may be taken for one that was made from here.
        return result.Errno == 0 && collector.Found is [var found, ..] && (found.Source != local || found.SourcePort != localPort)
            ? found
            : null;
    }

    /// <summary>Makes the kernel track a TCP connection that is established.</summary>
    /// <returns>0; EEXIST when it is tracked already; another error number.</returns>
    public int Remember(InternetAddress from, ushort fromPort, InternetAddress to, ushort toPort, CancellationToken cancellationToken) =>
        Run(
            New,
            NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Exclusive,
            ConnectionRecord.Family(from),
            ConnectionRecord.Established(from, fromPort, to, toPort),
            new Collector(static _ => false),
            cancellationToken).Errno;

    private NetlinkDumpResult Run(
        ushort type, NetlinkFlags flags, byte family, ReadOnlySpan<byte> attributes, Collector collector,
        CancellationToken cancellationToken)
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
