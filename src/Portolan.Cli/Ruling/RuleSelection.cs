using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Model;

namespace Portolan.Cli.Ruling;

/// <summary>Which tables are shown.</summary>
/// <param name="Table">Their name, or <c>null</c> for all.</param>
/// <param name="Family">Their family, or <c>null</c> for all.</param>
internal sealed record RuleSelection(string? Table, RuleFamily? Family)
{
    private const int MostNames = 20;

    /// <summary>The names of families, in nft's words.</summary>
    public static IReadOnlyList<string> FamilyNames { get; } = ["ip", "ip6", "inet", "arp", "bridge", "netdev"];

    /// <summary>Reads the options; a family that is none is a usage error.</summary>
    public static RuleSelection Parse(string? table, string? family) => new(table, family switch
    {
        null => null,
        "ip" => RuleFamily.Ip,
        "ip6" => RuleFamily.Ip6,
        "inet" => RuleFamily.Inet,
        "arp" => RuleFamily.Arp,
        "bridge" => RuleFamily.Bridge,
        "netdev" => RuleFamily.NetDevice,
        _ => throw new PortolanException(
            $"--family must be one of {string.Join(", ", FamilyNames)}, not {TerminalText.Escape(family)}", exitCode: ExitCode.Usage),
    });

    /// <summary>Whether a table is shown.</summary>
    public bool Includes(RuleTable table) =>
        (Table is null || string.Equals(Table, table.Name, StringComparison.Ordinal)) && (Family is null || Family == table.Family);

    /// <summary>The rules without the tables that are not shown.</summary>
    /// <exception cref="PortolanException">There is no such table: nothing is said about what is filtered.</exception>
    public Ruleset Of(Ruleset rules)
    {
        if (Table is null && Family is null)
        {
            return rules;
        }

        var shown = rules.Tables.Where(Includes).ToList();
        if (shown.Count > 0)
        {
            return rules with { Tables = shown };
        }

        var what = (Table is { } name ? $" named {TerminalText.Escape(name)}" : "")
            + (Family is { } family ? $" of family {RuleWords.Of(family)}" : "");
        var names = rules.Tables.Select(t => Advice.Of($"{RuleWords.Of(t.Family)} {t.Name}")).ToList();
        throw new PortolanException(
            $"no table{what}",
            names.Count == 0
                ? Advice.Of($"no tables exist: nothing is filtered")
                : $"the tables are {Advice.Join(", ", names.Take(MostNames))}{(names.Count > MostNames ? Advice.Of($", ...") : $"")}",
            ExitCode.NothingFound);
    }
}
