using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Allowing;

/// <summary>Judges all ports of one protocol, each set of ports that rules do not tell apart once.</summary>
internal sealed class EveryPort(NamespaceJudge judge, TransportProtocol protocol, CancellationToken cancellationToken)
{
    private readonly EveryPortOfFamily _ipv4 = new(judge, protocol, isIPv4: true, cancellationToken);
    private readonly EveryPortOfFamily _ipv6 = new(judge, protocol, isIPv4: false, cancellationToken);
    private readonly Dictionary<(FamilyReach, FamilyReach), PortFate> _fates = [];
    private readonly List<AllowedRange> _ranges = [];
    private PortFate? _last;

    /// <summary>The answer.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public AllowedPorts Judge()
    {
        for (var next = 1; next <= ushort.MaxValue;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var port = new PortNumber((ushort)next);
            var (ipv4, ipv6) = (_ipv4.Of(port), _ipv6.Of(port));
            var last = new PortNumber(Math.Min(_ipv4.Last, _ipv6.Last));
            Add(new PortRange(port, last), FateOf(ipv4, ipv6));
            next = last.Value + 1;
        }

        return new AllowedPorts
        {
            Protocol = protocol,
            State = AllowedState.Known,
            Ranges = _ranges,
            Judged = _ipv4.Judged + _ipv6.Judged,
        };
    }

    private PortFate FateOf(FamilyReach ipv4, FamilyReach ipv6)
    {
        if (!_ipv4.IsKept || !_ipv6.IsKept)
        {
            return PortFate.Of([ipv4, ipv6]);
        }

        if (!_fates.TryGetValue((ipv4, ipv6), out var fate))
        {
            _fates.Add((ipv4, ipv6), fate = PortFate.Of([ipv4, ipv6]));
        }

        return fate;
    }

    private void Add(PortRange ports, PortFate fate)
    {
        if (_last is { } before && before.IsSame(fate))
        {
            _ranges[^1] = _ranges[^1] with { Ports = new PortRange(_ranges[^1].Ports.First, ports.Last) };
            return;
        }

        _ranges.Add(new AllowedRange(ports, fate.Exposure, fate.Verdict, fate.DependsOn));
        _last = fate;
    }
}
