using Portolan.Cli.Output;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;

namespace Portolan.Cli.Ruling;

/// <summary>Writes rules in the order of their chains.</summary>
internal sealed class RuleListing(Utf8Writer output, bool color)
{
    /// <summary>Writes all tables.</summary>
    public void Write(Ruleset rules)
    {
        foreach (var table in rules.Tables)
        {
            output.Write($"table {RuleWords.Of(table.Family)} {TerminalText.Escape(table.Name)}{(table.IsLegacy ? " (legacy)" : "")}", AnsiStyle.Bold, color);
            output.WriteLine();
            foreach (var chain in table.Chains)
            {
                Write(table, chain);
            }
        }
    }

    private void Write(RuleTable table, RuleChain chain)
    {
        output.Write($"  chain {TerminalText.Escape(chain.Name)}");
        if (chain.Hook is { } hook)
        {
            output.Write($" ({RuleWords.Of(hook.Point)}, priority {hook.Priority}, policy {RuleWords.Policy(hook)})");
        }

        output.WriteLine();
        foreach (var rule in chain.Rules)
        {
            output.Write($"    {TerminalText.Escape(RuleText.Of(table, rule))}");
            output.Write($"  # handle {rule.Handle}", AnsiStyle.Dim, color);
            output.WriteLine();
        }
    }
}
