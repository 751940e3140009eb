using System.Globalization;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Reviewing;
using Portolan.Firewall.Rules;
using Portolan.Model;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Ruling;

/// <summary>Draws rules by port, the policies for the rest, and who manages them.</summary>
internal sealed class PortRulesView(Utf8Writer output, bool color, int? width)
{
    /// <summary>Writes it.</summary>
    /// <param name="review">The rules.</param>
    /// <param name="only">The port whose rules are in the table; <c>null</c> for all.</param>
    public void Write(RuleReview review, NamedPort? only = null)
    {
        // What has ended decides nothing; it only stands there until the next change.
        var live = review.Rules.Where(r => r.Own is not { State: OwnRuleState.Ended }).ToList();
        bool IsMeant(RulePort port) => only is not { } one
            || (port.First <= one.Port.Value && port.Last >= one.Port.Value
                && (port.ProtocolName is not { } name || one.Protocol is not { } protocol || name == protocol.Name()));
        PortRulesTable.Write(output, live, color, width, IsMeant);
        var withoutPort = review.Rules.Count(r => r.Ports.Count == 0);
        var hasPolicies = review.Ruleset.Tables.Any(t => t.Chains.Any(c => c.Hook is not null));
        if (live.Any(r => r.Ports.Any(IsMeant)))
        {
            output.WriteLine();
        }
        else if (only is { } port && review.Rules.Count > 0)
        {
            output.Write($"No rule names port {port.Port}{(port.Protocol is { } protocol ? $"/{protocol.Name()}" : "")}.\n");
        }

        if (!hasPolicies && review.Rules.Count == 0)
        {
            output.Write("No rules: nothing is filtered here.\n");
            return;
        }

        if (withoutPort > 0)
        {
            output.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{withoutPort} {(withoutPort == 1 ? "rule names" : "rules name")} no port; portolan firewall show --by-rule shows "
                    + $"{(withoutPort == 1 ? "it" : "them")}.\n"));
        }

        if (review.Rules.Count > live.Count)
        {
            output.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{review.Rules.Count - live.Count} {(review.Rules.Count - live.Count == 1 ? "rule" : "rules")} of Portolan no longer "
                    + $"{(review.Rules.Count - live.Count == 1 ? "matches" : "match")} anything: expired; portolan firewall "
                    + $"show --by-rule shows them.\n"));
        }

        WritePolicies(review);
        if (review.Managers.All.Count > 0)
        {
            var names = review.Managers.All.Select(
                m => string.Create(
                    CultureInfo.InvariantCulture, $"{m.Name} ({m.Chains.Count} {(m.Chains.Count == 1 ? "chain" : "chains")})"));
            output.Write($"Managed by: {string.Join(", ", names)}\n");
        }

        WriteCount(live.Count(r => r.IsUnused), "never matched a packet", "--unused");
        WriteCount(review.Rules.Count(r => r.ShadowedBy is not null), "can never match", "--shadowed");
    }

    // A base chain that accepts what is left by its policy says nothing new.
    private void WritePolicies(RuleReview review)
    {
        foreach (var table in review.Ruleset.Tables.Where(static t => !t.Flags.HasFlag(TableFlags.Dormant)))
        {
            foreach (var chain in table.Chains)
            {
                if (chain.Hook is not { } hook)
                {
                    continue;
                }

                var found = ChainDefault.Of(table, chain);
                var name = $"{RuleWords.Of(table.Family)} {TerminalText.Escape(table.Name)} {TerminalText.Escape(found.Chain.Name)}";
                if (found.Rule is { } rule)
                {
                    var says = review.Rules.FirstOrDefault(r => ReferenceEquals(r.Rule, rule))?.Says ?? "";
                    output.Write($"Everything else at {RuleWords.Of(hook.Point)}: {TerminalText.Escape(says)}, by {name} "
                        + $"{(table.IsLegacy ? "rule" : "handle")} {rule.Handle.ToString(CultureInfo.InvariantCulture)}\n");
                }
                else if (hook.Policy == VerdictKind.Drop)
                {
                    output.Write($"Everything else at {RuleWords.Of(hook.Point)}: drop, by the policy of {name}\n");
                }
            }
        }
    }

    private void WriteCount(int count, string what, string option)
    {
        if (count > 0)
        {
            output.Write(string.Create(
                CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "rule" : "rules")} {what}: portolan firewall show {option}\n"));
        }
    }
}
