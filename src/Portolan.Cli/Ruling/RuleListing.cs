using System.Globalization;
using Portolan.Cli.Output;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Reviewing;
using Portolan.Firewall.Rules;

namespace Portolan.Cli.Ruling;

/// <summary>Writes rules in the order of their chains, with their handles, counters and managers.</summary>
internal sealed class RuleListing(Utf8Writer output, bool color)
{
    /// <summary>Writes all tables, or only those of some of the rules.</summary>
    /// <param name="review">The rules.</param>
    /// <param name="shown">The rules that are wanted; <c>null</c> for all, with the chains that have none.</param>
    public void Write(RuleReview review, IReadOnlyCollection<ReviewedRule>? shown)
    {
        var byChain = (shown ?? review.Rules).ToLookup(r => r.Chain, ReferenceEqualityComparer.Instance as IEqualityComparer<RuleChain>);
        foreach (var table in review.Ruleset.Tables)
        {
            if (shown is not null && !table.Chains.Any(byChain.Contains))
            {
                continue;
            }

            var state = table.IsLegacy ? " (legacy)" : table.Flags.HasFlag(TableFlags.Dormant) ? " (dormant: not hooked in)" : "";
            output.Write($"table {RuleWords.Of(table.Family)} {TerminalText.Escape(table.Name)}{state}", AnsiStyle.Bold, color);
            output.WriteLine();
            foreach (var chain in table.Chains)
            {
                if (shown is null || byChain.Contains(chain))
                {
                    Write(chain, byChain[chain]);
                }
            }
        }
    }

    private void Write(RuleChain chain, IEnumerable<ReviewedRule> rules)
    {
        output.Write($"  chain {TerminalText.Escape(chain.Name)}");
        if (chain.Hook is { } hook)
        {
            var devices = hook.Devices.Count == 0 ? "" : $" of {TerminalText.Escape(string.Join(", ", hook.Devices))}";
            output.Write(string.Create(
                CultureInfo.InvariantCulture,
                $": {TerminalText.Escape(hook.Type)} at {RuleWords.Of(hook.Point)}{devices}, priority {hook.Priority}, policy "
                    + $"{RuleWords.Policy(hook)}"));
            if (hook.PolicyPackets is { } packets)
            {
                output.Write(string.Create(CultureInfo.InvariantCulture, $" ({packets} packets)"));
            }
        }

        output.WriteLine();
        foreach (var rule in rules)
        {
            output.Write($"    {TerminalText.Escape(rule.Text.Length > 0 ? rule.Text : "(nothing)")}");
            output.Write(
                $"  # handle {rule.Rule.Handle}{Counter(rule)}{(rule.Manager is { } manager ? $", {manager.Name}" : "")}", AnsiStyle.Dim,
                color);
            if (PortRulesTable.Status(rule.Own) is { Length: > 0 } status)
            {
                output.Write($", {status}", AnsiStyle.Yellow, color);
            }

            if (rule.ShadowedBy is { } before)
            {
                output.Write($", never matches: handle {before.Handle} takes all its packets", AnsiStyle.Yellow, color);
            }

            output.WriteLine();
        }
    }

    private static string Counter(ReviewedRule rule) => rule.Counter is { } counter
        ? counter.Packets == 0
            ? rule.IsOff ? "" : ", unused"
            : string.Create(CultureInfo.InvariantCulture, $", {counter.Packets} packets, {new ByteSize(counter.Bytes)}B")
        : "";
}
