using Portolan.Cli.Commands;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Charting;

/// <summary>Answers <c>who</c> about each port that was asked for.</summary>
internal sealed class WhoRun(CommandContext context, CancellationToken cancellationToken)
{
    private readonly List<MissingFact> _missing = [];
    private readonly HolderInquiry _inquiry = new(context.Machine);

    /// <summary>Answers them, in order.</summary>
    /// <param name="targets">The ports.</param>
    /// <param name="isOne">Whether one port was asked for by itself: then <c>--json</c> is a document, and else a line for each.</param>
    public ExitCode Run(IReadOnlyList<PortTarget> targets, bool isOne)
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

    private bool Answer(PortTarget target, bool isOne)
    {
        var port = target.Port;
        var takenAt = context.Clock.GetUtcNow();
        var answer = _inquiry.Answer(target, cancellationToken);
        var (facts, report, led, reach) = answer;
        _missing.AddRange(answer.Missing);
        if (context.Json)
        {
            context.WriteJson(
                HolderDocument.Of(answer, context.Machine, takenAt, Survey.Host), ReachabilityDocuments.Default.HolderDocument,
                isLine: !isOne);
            return report.IsHeld;
        }

        new HolderText(report, facts, new OwnerName(context.Machine.Users.Name), takenAt, context.OutputColor)
        {
            Width = context.OutputWidth,
            Packages = context.Machine.Packages,
            Forwards = led.Forwards ?? [],
            LeadsTo = (holder, protocol) => ForwardCommand.LeadsTo(holder.Main?.CommandLine, protocol, port.Port),
            OriginOf = context.Machine.OriginOf,
            Reach = reach,
            IsBrief = target.IsFound,
            Remedy = target.IsFound ? null : BindRemedy.Of(report, port.Protocol),
        }.Write(context.Writer);
        return report.IsHeld;
    }
}
