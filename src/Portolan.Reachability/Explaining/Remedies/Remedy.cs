using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Managers;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Charting;

namespace Portolan.Reachability.Explaining.Remedies;

/// <summary>Commands that let packets in which a rule or policy stops. A drop is final, so only the table that drops can let them in.</summary>
internal static class Remedy
{
    /// <summary>The command.</summary>
    /// <param name="outcome">What becomes of the packets; it has a decider.</param>
    /// <param name="question">Who is to reach what.</param>
    /// <param name="facts">What is known.</param>
    /// <param name="isReply">Whether it is the replies that are stopped.</param>
    internal static string For(FlowOutcome outcome, ExplainQuestion question, ExplainFacts facts, bool isReply)
    {
        var decider = outcome.Decider!;
        var passage = Passage.Of(question, outcome, facts.Firewall.Host, isReply);
        if (question.RulesFile is { } file)
        {
            return RuleInsertion.InFile(file, decider.Table, decider.Chain, IsOfIptables(decider.Table), passage);
        }

        if (OwnTable.Is(decider.Table) && !isReply)
        {
            var who = passage.Interface is { } link ? $" --iface {ShellWord.Quote(link)}" : passage.Client is { } client ? $" --from {client}" : "";
            return $"sudo portolan allow {question.PortWords}{who} --for 10m";
        }

        // A program that manages rules would take away what somebody else puts into its chains.
        var manager = facts.Firewall.Rules is { } rules ? RuleManagers.Of(rules).OwnerOf(decider) : null;
        if (manager is not null && !ManagerLine.IsHabit(manager) && !isReply && passage.Interface is null && Command(manager, decider, outcome, passage) is { } command)
        {
            return manager.Name is "NixOS" ? $"# in the system's configuration: {command}" : $"sudo {command}";
        }

        var isIptables = decider.Table.Family is RuleFamily.Ip or RuleFamily.Ip6 && (manager?.Name == "iptables" || IsOfIptables(decider.Table));
        return RuleInsertion.Accept(decider.Table, decider.Chain, isIptables, passage)
            + (manager is not null && !ManagerLine.IsHabit(manager) ? $"    # until {manager.Name} makes its rules anew" : "");
    }

    /// <summary>Whether a table is of iptables-nft: its base chains have the names that iptables gives them.</summary>
    internal static bool IsOfIptables(RuleTable table) => table.Family is RuleFamily.Ip or RuleFamily.Ip6
        && table.Name is "filter" or "nat" or "mangle" or "raw" or "security"
        && table.Chains.Any(c => c.Hook is not null && c.Name is "INPUT" or "FORWARD" or "OUTPUT" or "PREROUTING" or "POSTROUTING");

    /// <summary>The manager's own command, where it is for the hook that stops them; else <c>null</c>.</summary>
    private static string? Command(RuleManager manager, RuleReference decider, FlowOutcome outcome, Passage passage)
    {
        // Docker's own chain for such rules is not there in every version.
        if (Passage.HookOf(outcome)?.Point is not (HookPoint.Input or HookPoint.Forward)
            || (manager.Name == "Docker" && decider.Table.Chains.All(c => c.Name != "DOCKER-USER")))
        {
            return null;
        }

        var port = new PortNumber(passage.Port);
        var to = outcome.Delivery == DeliveryKind.Forwarded || Passage.HookOf(outcome)?.Point == HookPoint.Forward ? outcome.Translation?.Address?.ToString() : null;
        return manager.AllowCommand(new PortRange(port, port), passage.Protocol, passage.Client, decider, outcome.Path is [.., var last] ? last.Chain : null, to);
    }
}
