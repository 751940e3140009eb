using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Portolan.Tests.Support;

namespace Portolan.Tests.Transport.Conformance;

/// <summary>Which files of the stack name a requirement in a comment, and which tests name it by a trait.</summary>
internal sealed partial class TcpRequirementTable
{
    private const string TraitName = "RFC 9293";

    private readonly SortedDictionary<string, SortedSet<string>> _code = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SortedSet<string>> _tests = new(StringComparer.Ordinal);

    internal TcpRequirementTable()
    {
        foreach (var folder in (string[])["Portolan.Transport", "Portolan.Packets"])
        {
            foreach (var file in Directory.EnumerateFiles(Repository.PathOf("src", folder), "*.cs", SearchOption.AllDirectories))
            {
                foreach (var line in File.ReadLines(file).Where(static line => line.Contains("//", StringComparison.Ordinal)))
                {
                    foreach (Match match in Label().Matches(line))
                    {
                        Note(_code, match.Value, Path.GetFileName(file));
                    }
                }
            }
        }

        foreach (var method in typeof(TcpRequirementTable).Assembly.GetTypes().SelectMany(static type => type.GetMethods()))
        {
            foreach (var trait in method.GetCustomAttributes<TraitAttribute>().Where(static trait => trait.Name == TraitName))
            {
                Note(_tests, trait.Value, $"{method.DeclaringType!.Name}.{method.Name}");
            }
        }
    }

    /// <summary>Labels that code or tests use.</summary>
    internal IEnumerable<string> Used => _code.Keys.Union(_tests.Keys);

    internal bool HasCode(string id) => _code.ContainsKey(id);

    internal bool HasTest(string id) => _tests.ContainsKey(id);

    /// <summary>The table as docs/rfc9293.md has it.</summary>
    internal string Write()
    {
        var text = new StringBuilder("""
            # RFC 9293, requirement by requirement

            What the standard of TCP asks for (its appendix B, in our words), the files of `src/` that do it, and the tests that would fail without it.
            A test writes this page: `PORTOLAN_WRITE_DOCS=1 ./test --filter-class "*TcpRequirement*"` after a comment or a trait has changed.

            | requirement | section | what | code | tests |
            |---|---|---|---|---|

            """);
        foreach (var requirement in TcpRequirement.All)
        {
            text.Append("| ").Append(requirement.Id).Append(" | ").Append(requirement.Section).Append(" | ").Append(requirement.What);
            if (requirement.Remark is { } remark)
            {
                text.Append("<br>*").Append(remark).Append('*');
            }

            text.Append(" | ").Append(Cell(_code, requirement.Id, "`", "`")).Append(" | ").Append(Cell(_tests, requirement.Id, "", ""))
                .Append(" |\n");
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    private static string Cell(SortedDictionary<string, SortedSet<string>> table, string id, string before, string after) =>
        table.TryGetValue(id, out var found) ? string.Join("<br>", found.Select(name => before + name + after)) : "–";

    private static void Note(SortedDictionary<string, SortedSet<string>> table, string id, string where)
    {
        if (!table.TryGetValue(id, out var found))
        {
            found = new SortedSet<string>(StringComparer.Ordinal);
            table.Add(id, found);
        }

        found.Add(where);
    }

    [GeneratedRegex(@"\b(?:MUST|SHLD|MAY|REC)-[0-9]+\b")]
    private static partial Regex Label();
}
