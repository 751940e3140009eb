using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;

namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>An outcome as a line, for failures.</summary>
internal static class OutcomeText
{
    internal static string Of(FlowOutcome outcome)
    {
        var path = string.Concat(outcome.Path.Select(v => $"\n    {Of(v.Decider)} → {v.Verdict}"));
        var questions = string.Concat(outcome.Questions.Select(q => $"\n    open: {(q.Rule is { } rule ? Of(rule) : "route")}: {q.Why}"));
        var translation = outcome.Translation is { } t ? $", to {t.Address}:{t.Port}" : "";
        var replies = outcome.Replies is { } r ? $", answers: {r.Decision} {r.Proof}{(r.Decider is { } d ? " by " + Of(d) : "")}" : "";
        return $"{outcome.Decision} {outcome.Proof}, {outcome.Delivery} by interface {outcome.OutputInterface}{translation}, decided by "
            + $"{(outcome.Decider is { } by ? Of(by) : "nobody")}"
            + $"{(outcome.RouteProblem is { } problem ? ", " + problem.ToText() : "")}{replies}{path}{questions}";
    }

    internal static string Of(RuleReference rule) =>
        $"{rule.Table.Family} {rule.Table.Name} {rule.Chain.Name} {(rule.Rule is { } r ? $"handle {r.Handle}" : "policy")}";
}
