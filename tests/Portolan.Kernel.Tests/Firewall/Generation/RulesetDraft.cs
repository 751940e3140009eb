using System.Text;

namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>A ruleset as parts of text, so that parts can be left out when a failure is made smaller.</summary>
internal sealed class RulesetDraft
{
    public List<TableDraft> Tables { get; init; } = [];

    /// <summary>Whether a rule is in it that the judge need not understand (beyond host facts and tier 1).</summary>
    public bool HasUnknowns { get; set; }

    /// <summary>Whether rules look into sets that rules fill, so that one packet may change the fate of the next.</summary>
    public bool HasMemory { get; set; }

    /// <summary>What nft loads.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder();
            foreach (var table in Tables)
            {
                text.Append("table ").Append(table.Family).Append(' ').Append(table.Name).Append(" {\n");
                table.Sets.ForEach(s => text.Append("    ").Append(s).Append('\n'));
                foreach (var chain in table.Chains)
                {
                    text.Append("    chain ").Append(chain.Name).Append(" {\n");
                    if (chain.Header.Length > 0)
                    {
                        text.Append("        ").Append(chain.Header).Append('\n');
                    }

                    chain.Rules.ForEach(r => text.Append("        ").Append(r).Append('\n'));
                    text.Append("    }\n");
                }

                text.Append("}\n");
            }

            return text.ToString();
        }
    }

    /// <summary>What nft takes away again.</summary>
    public string Removal => string.Concat(Tables.Select(t => $"delete table {t.Family} {t.Name}\n"));

    /// <summary>Every draft that lacks one part: a table, a chain, a set or a rule.</summary>
    public IEnumerable<RulesetDraft> Smaller()
    {
        for (var t = 0; t < Tables.Count; t++)
        {
            yield return Without(t, (tables, i) => tables.RemoveAt(i));
            for (var c = 0; c < Tables[t].Chains.Count; c++)
            {
                var chain = c;
                yield return Without(t, (tables, i) => tables[i].Chains.RemoveAt(chain));
                for (var r = 0; r < Tables[t].Chains[c].Rules.Count; r++)
                {
                    var rule = r;
                    yield return Without(t, (tables, i) => tables[i].Chains[chain].Rules.RemoveAt(rule));
                }
            }

            for (var s = 0; s < Tables[t].Sets.Count; s++)
            {
                var set = s;
                yield return Without(t, (tables, i) => tables[i].Sets.RemoveAt(set));
            }
        }
    }

    private RulesetDraft Without(int table, Action<List<TableDraft>, int> remove)
    {
        var copy = new RulesetDraft { Tables = [.. Tables.Select(t => t.Copy())], HasUnknowns = HasUnknowns, HasMemory = HasMemory };
        remove(copy.Tables, table);
        return copy;
    }
}

/// <summary>A table's text.</summary>
internal sealed record TableDraft(string Family, string Name)
{
    public List<string> Sets { get; init; } = [];

    public List<ChainDraft> Chains { get; init; } = [];

    public TableDraft Copy() => this with { Sets = [.. Sets], Chains = [.. Chains.Select(c => c with { Rules = [.. c.Rules] })] };
}

/// <summary>A chain's text.</summary>
internal sealed record ChainDraft(string Name, string Header)
{
    public List<string> Rules { get; init; } = [];
}
