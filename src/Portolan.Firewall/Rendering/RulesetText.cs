using System.Globalization;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>
/// Whole tables as text that <c>nft -f</c> loads: chains, sets with their elements, objects and flowtables. What nft has no words
/// for stands in a comment, control characters in it made visible; the rest stays exact, so that loading gives the same bytecode.
/// </summary>
public sealed class RulesetText
{
    private readonly TextWriter _output;
    private readonly RuleTextOptions _options;

    private RulesetText(TextWriter output, RuleTextOptions options)
    {
        _output = output;
        _options = options;
    }

    /// <summary>What had to be left out, as lines of comment.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Writes the tables; those of x_tables, which nft cannot hold, only as comments.</summary>
    /// <returns>How many rules, sets and objects stand in comments only.</returns>
    public static int Write(IEnumerable<RuleTable> tables, TextWriter output, RuleTextOptions options)
    {
        var writer = new RulesetText(output, options);
        foreach (var table in tables)
        {
            writer.WriteTable(table);
        }

        return writer.LeftOut;
    }

    /// <summary>The whole text with all state.</summary>
    public static string Of(Ruleset rules)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        Write(rules.Tables, text, RuleTextOptions.Complete);
        return text.ToString();
    }

    private void WriteTable(RuleTable table)
    {
        if (table.IsLegacy || !QuotedText.IsPlain(table.Name))
        {
            Comment(
                "", $"table {RuleWords.Of(table.Family)} {QuotedText.Name(table.Name)}{(table.IsLegacy ? " of x_tables" : "")}, "
                    + $"{table.Chains.Count} chains");
            return;
        }

        Line($"table {RuleWords.Of(table.Family)} {table.Name} {{");
        if (table.Flags.HasFlag(TableFlags.Dormant))
        {
            Line("\tflags dormant");
        }

        if ((table.Flags & ~TableFlags.Dormant) != 0)
        {
            Comment("\t", "the program that made it owns it (flags owner)");
        }

        Commented("\t", table.Comment);
        var objects = new ObjectWriter(_options);
        foreach (var named in table.Objects)
        {
            Block(named.Name, objects.Write(named), named.Kind.ToString());
        }

        foreach (var set in table.Sets)
        {
            if (!set.Flags.HasFlag(SetFlags.Anonymous))
            {
                Block(set.Name, new SetWriter(set, _options).Write(), "set");
            }
        }

        foreach (var flowtable in table.Flowtables)
        {
            Block(flowtable.Name, FlowtableLines(flowtable), "flowtable");
        }

        var rules = new RuleWriter(table, _options);
        foreach (var chain in table.Chains)
        {
            WriteChain(rules, chain);
        }

        Line("}");
    }

    private void WriteChain(RuleWriter writer, RuleChain chain)
    {
        // A chain that belongs to a rule stands in that rule.
        if ((chain.Flags & ChainFlags.Bound) != 0)
        {
            return;
        }

        var isPlain = QuotedText.IsPlain(chain.Name);
        if (!isPlain)
        {
            Comment("\t", $"chain {QuotedText.Of(chain.Name)}");
        }
        else
        {
            Line($"\tchain {chain.Name} {{");
            if (chain.Hook is { } hook)
            {
                Line($"\t\t{HookLine(chain.Family, hook, chain.Flags)}");
            }

            Commented("\t\t", chain.Comment);
        }

        foreach (var rule in chain.Rules)
        {
            var written = writer.Write(rule);
            if (isPlain && written.IsLoadable && written.Text.Length > 0)
            {
                Line($"\t\t{written.Text}");
            }
            else
            {
                Comment("\t\t", written.Text.Length > 0 ? written.Text : "a rule without expressions");
            }
        }

        if (isPlain)
        {
            Line("\t}");
        }
    }

    /// <summary><c>type filter hook input priority filter; policy drop;</c>.</summary>
    internal static string HookLine(RuleFamily family, ChainHook hook, uint flags)
    {
        var devices = hook.Devices.Count switch
        {
            0 => "",
            1 => $" device {QuotedText.Of(hook.Devices[0])}",
            _ => $" devices = {{ {string.Join(", ", hook.Devices.Select(QuotedText.Of))} }}",
        };
        var offload = (flags & ChainFlags.Offloaded) != 0 ? " flags offload;" : "";
        return $"type {hook.Type} hook {RuleWords.Of(hook.Point)}{devices} priority "
            + $"{PriorityText.Of(family, hook.Point, hook.Priority)};{offload} policy {RuleWords.Policy(hook)};";
    }

    private static List<string> FlowtableLines(Flowtable flowtable)
    {
        var lines = new List<string>
        {
            $"flowtable {flowtable.Name} {{",
            string.Create(CultureInfo.InvariantCulture, $"\thook ingress priority {flowtable.Priority}"),
        };
        if (flowtable.Devices.Count > 0)
        {
            lines.Add($"\tdevices = {{ {string.Join(", ", flowtable.Devices.Select(QuotedText.Of))} }}");
        }

        if ((flowtable.Flags & 1) != 0)
        {
            lines.Add("\tflags offload");
        }

        if ((flowtable.Flags & 2) != 0)
        {
            lines.Add("\tcounter");
        }

        lines.Add("}");
        return lines;
    }

    // Blocks that cannot be written whole are left out whole.
    private void Block(string name, IReadOnlyList<string>? lines, string what)
    {
        if (lines is null || !QuotedText.IsPlain(name))
        {
            Comment("\t", $"{what} {QuotedText.Name(name)}");
            return;
        }

        foreach (var line in lines)
        {
            Line($"\t{line}");
        }

        Line("");
    }

    private void Commented(string indent, string? comment)
    {
        if (comment is not { Length: > 0 })
        {
            return;
        }

        if (QuotedText.CanHold(comment))
        {
            Line($"{indent}comment {QuotedText.Of(comment)}");
        }
        else
        {
            Comment(indent, $"comment {QuotedText.Of(comment)}");
        }
    }

    // No line end may leave the comment.
    private void Comment(string indent, string text)
    {
        LeftOut++;
        Line($"{indent}# cannot be loaded: {TerminalText.Escape(text)}");
    }

    private void Line(string text)
    {
        _output.Write(text);
        _output.Write('\n');
    }
}
