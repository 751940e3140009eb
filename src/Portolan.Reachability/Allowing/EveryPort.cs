using Portolan.Firewall.Judging;
using Portolan.Firewall.Judging.Ports;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Allowing;

/// <summary>Judges all ports of one protocol, each set of ports that rules do not tell apart once.</summary>
internal sealed class EveryPort(NamespaceJudge judge, TransportProtocol protocol, CancellationToken cancellationToken)
{
    private static readonly PortBind[] Everywhere =
        [new(InternetAddress.AnyIPv4, false, 0), new(InternetAddress.AnyIPv6, false, 0)];

    private readonly PortTree<PortFate> _known = new();
    private readonly List<AllowedRange> _ranges = [];
    private PortFate? _last;
    private int _judged;

    /// <summary>The answer.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public AllowedPorts Judge()
    {
        for (var next = 1; next <= ushort.MaxValue;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var port = new PortNumber((ushort)next);
            var fate = _known.Find(port.Value, out var last) ?? JudgeOne(port, out last);
            Add(new PortRange(port, new PortNumber(last)), fate);
            next = last + 1;
        }

        return new AllowedPorts { Protocol = protocol, State = AllowedState.Known, Ranges = _ranges, Judged = _judged };
    }

    private PortFate JudgeOne(PortNumber port, out ushort last)
    {
        var trace = new PortTrace(port.Value);
        var fate = PortFate.Of(judge.Reach(Everywhere, protocol, port, cancellationToken, trace: trace));
        _known.Add(trace, fate);
        _judged++;
        last = trace.Last;
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

/// <summary>What becomes of an ordinary client's packets to a port.</summary>
internal sealed record PortFate(PortExposure Exposure, PortVerdict Verdict, IReadOnlyList<string> DependsOn)
{
    public static PortFate Of(IReadOnlyList<FamilyReach> reach)
    {
        var (exposure, verdict) = PortSummary.Of(reach);
        return new PortFate(exposure, verdict, [.. reach.SelectMany(Questions).Distinct(StringComparer.Ordinal)]);
    }

    public bool IsSame(PortFate other) =>
        ReferenceEquals(this, other)
        || (Exposure == other.Exposure && IsSame(Verdict, other.Verdict)
            && DependsOn.SequenceEqual(other.DependsOn, StringComparer.Ordinal));

    private static IEnumerable<string> Questions(FamilyReach reach) =>
        reach.Largest(ReachFate.Open) is not { Region.Outcome: var outcome } ? []
            : outcome is { Decision: FlowDecision.Queue, Decider: { } queue } ? [$"{RuleLabel.Full(queue)}: a program decides"]
            : outcome.Questions.Concat(outcome.Hindrance?.Questions ?? []).Select(RuleLabel.Question);

    // Records compare lists by reference: those are compared here, the rest by the record itself.
    private static bool IsSame(PortVerdict one, PortVerdict other) =>
        IsSame(one.From, other.From) && IsSame(one.Partly, other.Partly) && IsSame(one.Undecided, other.Undecided)
        && IsSame(one.Exceptions, other.Exceptions)
        && other == one with
        {
            From = other.From,
            Partly = other.Partly,
            Undecided = other.Undecided,
            Exceptions = other.Exceptions,
        };

    private static bool IsSame(IReadOnlyList<string> one, IReadOnlyList<string> other) =>
        ReferenceEquals(one, other) || one.SequenceEqual(other, StringComparer.Ordinal);
}
