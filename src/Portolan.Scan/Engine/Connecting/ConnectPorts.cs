using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>The ports of one protocol of a group, in the group's order.</summary>
/// <param name="group">The group.</param>
/// <param name="protocol">The protocol.</param>
/// <param name="payloads">What knows a UDP service by its reply.</param>
internal sealed class ConnectPorts(HostGroup group, TransportProtocol protocol, UdpPayloads payloads) : IConnectTable
{
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
    public bool Answer(in ConnectProbe probe, in ConnectOutcome outcome)
    {
        var result = ConnectJudge.Judge(probe.Port, group.AddressOf(probe.Host), outcome);
        if (outcome.Result == ConnectResult.Replied && payloads.TryIdentify(probe.Port.Port, outcome.Reply.Span, out _))
        {
            result = result with { Evidence = Evidence.Identified };
        }

        return group.Record(probe.Host, probe.Slot, result);
    }

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
