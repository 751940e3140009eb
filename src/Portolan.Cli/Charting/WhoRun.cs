using Portolan.Cli.Commands;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Origins;

namespace Portolan.Cli.Charting;

/// <summary>Answers <c>who</c> about each port that was asked for.</summary>
internal sealed class WhoRun(CommandContext context, CancellationToken cancellationToken)
{
    private readonly List<MissingFact> _missing = [];
    private readonly MachineSurvey _survey = Survey.Of(context);

    /// <summary>Answers them, in order.</summary>
    /// <param name="targets">The ports.</param>
    /// <param name="isOne">Whether one port was asked for by itself: then <c>--json</c> is a document, and else a line for each.</param>
    public ExitCode Run(IReadOnlyList<WhoTarget> targets, bool isOne)
    {
        var isHeld = false;
        for (var i = 0; i < targets.Count; i++)
        {
            if (i > 0 && !context.Json)
            {
                context.Writer.WriteLine();
            }

            isHeld |= Answer(targets[i], isOne);
        }

        context.Flush();
        if (!context.Json)
        {
            Survey.Report(context, [.. _missing.Distinct()]);
        }

        return isHeld ? ExitCode.Success : ExitCode.NothingFound;
    }

    private bool Answer(WhoTarget target, bool isOne)
    {
        var port = target.Port;
        var takenAt = context.Clock.GetUtcNow();
        var (facts, use) = _survey.ForPortAndAround(port.Port, port.Protocols, cancellationToken);

        // Only when nobody holds it is it worth looking into other namespaces. What cannot be read there is no gap in the answer.
        var isHeld = PortHolders.Find(facts, port.Port, port.Protocols).Count > 0;
        var elsewhere = isHeld ? null : _survey.ListenersOn(port.Port, port.Protocols, cancellationToken);
        var report = PortReport.Make(
            port.Port, port.Protocols, port.Usual, facts, context.Settings, context.Binds, use, elsewhere, target.Address);
        var led = ForwardSurvey.OfPort(context, port.Port, port.Protocols, _survey.Containers.At, isAgain: false, cancellationToken);
        IReadOnlyList<MissingFact> missing = [
            .. Survey.Missing(facts, report.Holders.Count(h => h.Owner.Kind == OwnerKind.Hidden)),
            .. led.Missing is { } fact ? (MissingFact[])[fact] : []];
        _missing.AddRange(missing);
        var reach = Reach(facts, report);
        if (context.Json)
        {
            Action<System.Text.Json.Utf8JsonWriter> write = json => HolderJson.Write(
                json, report, facts, led.Forwards, missing, takenAt, Survey.Host, context.Users.Name, context.Packages, OriginOf, reach);
            if (isOne)
            {
                JsonOutput.WriteDocument(context.Output, write);
            }
            else
            {
                JsonOutput.WriteLine(context.Output, write);
            }

            return report.IsHeld;
        }

        new HolderText(report, facts, new OwnerName(context.Users.Name), takenAt, context.OutputColor)
        {
            Width = context.OutputWidth,
            Packages = context.Packages,
            Forwards = led.Forwards ?? [],
            LeadsTo = (holder, protocol) => ForwardCommand.LeadsTo(holder.Main?.CommandLine, protocol, port.Port),
            OriginOf = OriginOf,
            Reach = reach,
            IsBrief = target.IsFound,
            Remedy = target.IsFound ? null : BindRemedy.Of(report, port.Protocol),
        }.Write(context.Writer);
        return report.IsHeld;
    }

    private Origin OriginOf(PortHolder holder, RunningService? running) => context.Origins?.Of(holder, running) ?? Origin.Unknown;

    /// <summary>Who can reach each protocol of the port, judged by the rules; none where they are not judged here.</summary>
    private Dictionary<TransportProtocol, ChartRow> Reach(MachineFacts facts, PortReport report)
    {
        var reach = new Dictionary<TransportProtocol, ChartRow>();
        if (context.MakeJudge is not { } make || !report.Holders.Any(static h => h.Kind == HoldKind.Listening))
        {
            return reach;
        }

        using var time = new JudgingTime(JudgeTime.Parse(null), context.Clock, cancellationToken);
        var judge = new ReachChart(facts, space => space.IsOwn ? context.Firewall : context.ReadFirewallOf(space, cancellationToken), make)
        {
            Everywhere = () => _survey.ListenersEverywhere(cancellationToken),
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
