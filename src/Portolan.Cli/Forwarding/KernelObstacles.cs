using Portolan.Cli.Hosting;
using Portolan.Firewall.Forwarding;
using Portolan.Firewall.Judging;
using Portolan.Forwarding.Kernel;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Reachability.Judging;

namespace Portolan.Cli.Forwarding;

/// <summary>Foreign rules that drop what the kernel forwards: an accept ends only its own table, and a drop is final.</summary>
internal static class KernelObstacles
{
    /// <summary>One sentence for each rule that is in the way, and what reports more.</summary>
    public static IReadOnlyList<(string Text, Advice Hint)> Find(
        IReadOnlyList<KernelForward> forwards, CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Machine is not { OpenRules: { } openRules, OpenHostFacts: { } openHost, MakeJudge: { } make })
        {
            return [];
        }

        try
        {
            if (openRules().Ruleset is not { } rules)
            {
                return [];
            }

            var judge = make(rules, openHost());
            return
            [
                .. forwards
                    .SelectMany(f => KernelDemands.Families(f).SelectMany(family => Find(f, family == 4, judge, cancellationToken)))
                    .DistinctBy(o => o.Text),
            ];
        }
        catch (Exception exception) when (exception is LinuxException or PortolanException)
        {
            // The forward does not need it, and explain says why it cannot be known.
            return [];
        }
    }

    private static IEnumerable<(string Text, Advice Hint)> Find(
        KernelForward forward, bool isIPv4, Judgement judge, CancellationToken cancellationToken)
    {
        var answer = judge(
            new FlowQuery
            {
                Direction = FlowDirection.Inbound,
                IsIPv4 = isIPv4,
                Protocol = (byte)forward.Protocol,
                DestinationPort = forward.Port.Value,
                WithReplies = false,
            },
            cancellationToken);
        var port = $"{forward.Port}/{forward.Protocol.Name()}";
        var isAll = !answer.Regions.Any(r => r.Outcome.Decision == FlowDecision.Accept);
        return answer.Regions
            .Select(r => r.Outcome)
            .Where(
                o => o is { Translation: not null, Decision: FlowDecision.Drop or FlowDecision.Reject, Decider: { } decider }
                    && !ForwardPlanning.IsOwn(decider.Table))
            .Select(o => RuleLabel.Full(o.Decider!))
            .Distinct(StringComparer.Ordinal)
            .Select<string, (string, Advice)>(name => (
                $"{(isAll ? "traffic" : "some traffic")} for {port} over {(isIPv4 ? "IPv4" : "IPv6")} is forwarded and then dropped by "
                    + $"{name}",
                $"portolan explain {port} shows how to allow it"));
    }
}
