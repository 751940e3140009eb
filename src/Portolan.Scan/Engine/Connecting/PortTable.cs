using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>The ports of one protocol of a group, in the group's order.</summary>
internal sealed class PortTable(HostGroup group, TransportProtocol protocol) : IConnectTable
{
    /// <summary>The protocol.</summary>
    public TransportProtocol Protocol => protocol;

    /// <inheritdoc/>
    public ulong Positions => group.PositionCount;

    /// <inheritdoc/>
    public bool TryGet(ulong position, out ConnectProbe probe)
    {
        var (host, port) = group.AtPosition(position);
        var name = group.PortsOf(host)[port];
        probe = new ConnectProbe(host, port, name);
        return name.Protocol == protocol && group.IsActive(host) && !group.IsAnswered(host, port) && !group.IsUnprobed(host, port);
    }

    /// <inheritdoc/>
    public bool Answer(in ConnectProbe probe, in ConnectOutcome outcome) =>
        group.Record(probe.Host, probe.Slot, ConnectJudge.Judge(probe.Port, group.AddressOf(probe.Host), outcome));

    /// <inheritdoc/>
    public void CouldNotSend(in ConnectProbe probe, bool wholeHost)
    {
        if (wholeHost)
        {
            group.MarkUnprobed(probe.Host);
        }
        else
        {
            group.MarkUnprobed(probe.Host, probe.Slot);
        }
    }
}
