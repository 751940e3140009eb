using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining.Remedies;

/// <summary>
/// A port that some rules deny and another forwards before they are asked, as container engines do past ufw: says so, and how it is closed.
/// </summary>
internal sealed class ForwardedPast(ExplainQuestion question, NamespaceJudge judge, bool isIPv4)
{
    /// <summary>The rule that forwards the port; <c>null</c> where it is not.</summary>
    internal static Translation? Forwarded(FamilyReach reach) => reach.Shares.FirstOrDefault(
        static s =>
            s is
            {
                Fate: ReachFate.Accepted or ReachFate.Open,
                Region.Outcome: { Translation: not null, Delivery: DeliveryKind.Forwarded }
            })?.Region.Outcome.Translation;

    /// <summary>
    /// The note and the commands, each of which closes the port; <c>null</c> where it is not forwarded past a rule that denies it.
    /// </summary>
    internal (string Note, IReadOnlyList<Advice> Closing)? Find(
        Translation to, FamilyReach reach, FlowQuery query, CancellationToken cancellationToken)
    {
        // The same senders, asked as if nothing were translated.
        var plain = FamilyReach.Of(
            isIPv4, [judge.Untranslated.Judge(query, cancellationToken)], question.From is { Addresses: not null } ? null : judge.Likely);
        if (!plain.Accepted.IsEmpty || !plain.Mixed.IsEmpty || !plain.Open.IsEmpty
            || plain.Largest(ReachFate.Denied)?.Region.Outcome.Decider is not { } denier)
        {
            return null;
        }

        var engine = ManagerLine.Maker(judge.Managers, to.Rule, RuleLabel.Full(to.Rule));
        return ($"{ManagerLine.Maker(judge.Managers, denier, RuleLabel.Full(denier))} denies {question.PortWords}, but {engine} forwards "
            + $"it to {TargetText.Of(to, question.Port)} before INPUT{ReachNotes.From(reach)}", [.. Commands(to.Rule, engine)]);
    }

    private IEnumerable<Advice> Commands(RuleReference rule, string engine)
    {
        yield return $"sudo portolan block {question.Port}/{question.Protocol.Name()}";

        // Docker asks this chain before its own, and leaves it to the administrator.
        if (engine == "Docker"
            && judge.Rules.Tables.Any(
                t => t.Family == rule.Table.Family && t.IsLegacy == rule.Table.IsLegacy && t.Name == "filter"
                    && t.Chains.Any(static c => c.Name == "DOCKER-USER")))
        {
            var program = $"{(rule.Table.Family == RuleFamily.Ip6 ? "ip6tables" : "iptables")}{(rule.Table.IsLegacy ? "-legacy" : "")}";
            yield return $"sudo {program} -I DOCKER-USER -p {question.Protocol.Name()} -m conntrack --ctorigdstport {question.Port} "
                + $"--ctdir ORIGINAL -j DROP    # or instead, until the next boot";
        }

        if (engine is "Docker" or "Podman")
        {
            yield return $"# or instead publish it on this machine only, when the container is made: "
                + $"{(engine == "Docker" ? "docker" : "podman")} run -p 127.0.0.1:{question.Port}:PORT";
        }
    }
}
