using Portolan.Firewall.Judging;
using Portolan.Firewall.Judging.Ports;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Allowing;

/// <summary>Who reaches each port over one family, asked from the first port to the last.</summary>
internal sealed class EveryPortOfFamily(
    NamespaceJudge judge, TransportProtocol protocol, bool isIPv4, CancellationToken cancellationToken)
{
    private readonly PortTree<FamilyReach> _known = new();
    private FamilyReach? _here;

    /// <summary>The last port of which the answer is the same as of the one that was asked about.</summary>
    public ushort Last { get; private set; }

    /// <summary>Whether the answer is kept as it is, and may be that of other ports.</summary>
    public bool IsKept { get; private set; }

    /// <summary>How many ports were judged.</summary>
    public int Judged { get; private set; }

    /// <summary>Who reaches a port.</summary>
    /// <param name="port">The port, behind those that were asked about before.</param>
    public FamilyReach Of(PortNumber port) => _here is { } here && port.Value <= Last ? here : _here = Find(port);

    private FamilyReach Find(PortNumber port)
    {
        if (_known.Find(port.Value, out var last) is { } match)
        {
            Last = last;
            IsKept = match.Exchange.ChangesNothing;
            return IsKept ? match.Leaf : match.Leaf.With(match.Exchange);
        }

        var trace = new PortTrace(port.Value);
        var reach = Judge(trace);
        _known.Add(trace, reach);
        (Last, IsKept) = (trace.Last, trace.IsShared);
        Judged++;
        return reach;
    }

    private FamilyReach Judge(PortTrace trace)
    {
        var query = new FlowQuery
        {
            Direction = FlowDirection.Inbound,
            IsIPv4 = isIPv4,
            Protocol = (byte)protocol,
            DestinationPort = trace.Port,
            Trace = trace,
        };
        return FamilyReach.Of(isIPv4, [judge.Judge(query, cancellationToken)], judge.Likely);
    }
}
