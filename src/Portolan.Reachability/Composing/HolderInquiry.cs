using Portolan.Reachability.Charting;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Composing;

/// <summary>Who holds a port, who can reach it, or why a bind to it fails.</summary>
/// <param name="Facts">What was read of the machine.</param>
/// <param name="Report">The holders and the binds.</param>
/// <param name="Forwards">What forwards the port by rules.</param>
/// <param name="Reach">Who can reach each protocol of it, judged by the rules; empty where they are not judged.</param>
public sealed record PortAnswer(
    MachineFacts Facts, PortReport Report, ForwardSurvey Forwards, IReadOnlyDictionary<TransportProtocol, ChartRow> Reach)
{
    /// <summary>What could not be learned.</summary>
    public IReadOnlyList<MissingFact> Missing { get; } =
    [
        .. HiddenOwners.Missing(Facts, Report.Holders.Count(static h => h.Owner.Kind == OwnerKind.Hidden)),
        .. Forwards.Missing is { } fact ? (MissingFact[])[fact] : [],
    ];
}

/// <summary>Answers who holds ports of a machine: one for all questions of a run.</summary>
public sealed class HolderInquiry(Machine machine)
{
    private readonly MachineSurvey _survey = machine.Survey();

    /// <summary>Answers about one port.</summary>
    /// <param name="target">The port.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public PortAnswer Answer(PortTarget target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var port = target.Port;
        var (facts, use) = _survey.ForPortAndAround(port.Port, port.Protocols, cancellationToken);

        // Only when no process holds it is it worth looking into other namespaces. What cannot be read there is no gap in the answer.
        var isHeld = PortHolders.Find(facts, port.Port, port.Protocols).Count > 0;
        var elsewhere = isHeld ? null : _survey.ListenersOn(port.Port, port.Protocols, cancellationToken);
        var report = PortReport.Make(
            port.Port, port.Protocols, port.Usual, facts, machine.Settings, machine.Binds, use, elsewhere, target.Address);
        var forwards = ForwardSurvey.OfPort(
            machine, port.Port, port.Protocols, _survey.Containers.At, isAgain: false, cancellationToken);
        return new PortAnswer(facts, report, forwards, Reach(facts, report, cancellationToken));
    }

    private Dictionary<TransportProtocol, ChartRow> Reach(MachineFacts facts, PortReport report, CancellationToken cancellationToken)
    {
        var reach = new Dictionary<TransportProtocol, ChartRow>();
        if (machine.MakeJudge is not { } make || !report.Holders.Any(static h => h.Kind == HoldKind.Listening))
        {
            return reach;
        }

        using var time = new EvaluationBudget(EvaluationBudget.Usual, machine.Clock, cancellationToken);
        var judge = new ReachChart(facts, space => machine.FirewallOf(space, cancellationToken), make)
        {
            Everywhere = () => _survey.ListenersEverywhere(cancellationToken),
            Refusals = () => machine.ReadRefusals(cancellationToken),
            Time = time,
        };
        foreach (var row in PortChart.Build(facts, everything: true).Rows)
        {
            if (row.Port == report.Port && row.IsOwnNamespace && !reach.ContainsKey(row.Protocol))
            {
                reach.Add(row.Protocol, judge.JudgeOne(row, cancellationToken));
            }
        }

        return reach;
    }
}
