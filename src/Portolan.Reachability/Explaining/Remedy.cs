using Portolan.Firewall.Managers;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Charting;

namespace Portolan.Reachability.Explaining;

/// <summary>Commands that let packets in which a rule or policy stops. A drop is final, so only the table that drops can let them in.</summary>
internal static class Remedy
{
    /// <summary>The name of Portolan's own table.</summary>
    private const string OwnTable = "portolan";

    /// <summary>Names of tables and chains are anybody's text; nft reads few of them back, and a shell would do as some say.</summary>
    private const string Unnameable = "portolan firewall show --by-rule    # no command can name this table or chain: change it where it was made";

    /// <summary>The command.</summary>
    /// <param name="decider">The rule or policy that stops them.</param>
    /// <param name="question">Who is to reach what.</param>
    /// <param name="facts">What is known.</param>
    /// <param name="isReply">Whether it is the replies that are stopped.</param>
    internal static string For(RuleReference decider, ExplainQuestion question, ExplainFacts facts, bool isReply)
    {
        if (decider.Table is { Family: RuleFamily.Inet, Name: OwnTable } && !isReply)
        {
            return $"portolan allow {question.PortWords}{(question.From is { } from ? $" {(from.Interface > 0 ? "--iface" : "--from")} {ShellWord.Of(from.Text) ?? "INTERFACE"}" : "")} --for 10m";
        }

        // A program that manages rules would take away what somebody else puts into its chains.
        var managers = facts.Firewall.Rules is { } rules && !isReply ? RuleManagers.Of(rules) : null;
        var asked = question.From is { Addresses: not null } senders ? senders.Text : null;
        if (managers?.OwnerOf(decider) is { } manager && !ManagerLine.IsHabit(manager)
            && manager.AllowCommand(question.Port.Value, question.Protocol.Name(), asked) is { } command)
        {
            return manager.Name is "NixOS" ? command : $"sudo {command}";
        }

        var chain = decider.Chain;
        var protocol = question.Protocol.Name();
        var sender = question.From is { Addresses: not null } who ? who : null;
        if (decider.Table.IsLegacy)
        {
            if (ShellWord.Of(chain.Name) is not { } chainWord || ShellWord.Of(decider.Table.Name) is not { } tableWord || chainWord[0] == '-')
            {
                return Unnameable;
            }

            var program = decider.Table.Family == RuleFamily.Ip6 ? "ip6tables-legacy" : "iptables-legacy";
            return $"sudo {program} -t {tableWord} -I {chainWord} {(sender is null ? "" : $"{(isReply ? "-d" : "-s")} {sender.Text} ")}-p {protocol} --{(isReply ? "sport" : "dport")} {question.Port} -j ACCEPT";
        }

        if (!QuotedText.IsPlain(decider.Table.Name) || !QuotedText.IsPlain(chain.Name))
        {
            return Unnameable;
        }

        var family = decider.Table.Family switch
        {
            RuleFamily.Inet => "inet",
            RuleFamily.Ip6 => "ip6",
            RuleFamily.Bridge => "bridge",
            RuleFamily.NetDevice => "netdev",
            _ => "ip",
        };
        var address = sender is null ? "" : $"{(sender.IsIPv4 == false ? "ip6" : "ip")} {(isReply ? "daddr" : "saddr")} {sender.Text} ";
        return $"sudo nft insert rule {family} {decider.Table.Name} {chain.Name} {address}{protocol} {(isReply ? "sport" : "dport")} {question.Port} accept";
    }
}
