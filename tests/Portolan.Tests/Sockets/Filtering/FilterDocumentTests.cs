using Portolan.Sockets.Filtering;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Filtering;

/// <summary>docs/filters.md says what is so.</summary>
public sealed class FilterDocumentTests
{
    private static readonly string[] Lines = File.ReadAllLines(Repository.PathOf("docs", "filters.md"));

    [Fact]
    public void The_table_of_fields_is_that_of_the_code()
    {
        var expected = FilterFields.All.Select(Row);
        var start = Array.IndexOf(Lines, "| field | compares | ordered | example |");
        Assert.Equal(expected, Lines.Skip(start + 2).TakeWhile(static line => line.StartsWith('|')));
    }

    [Fact]
    public void Every_example_is_a_filter()
    {
        const string prompt = "$ portolan list ";
        var examples = Lines.Where(static line => line.StartsWith(prompt, StringComparison.Ordinal)).ToList();
        Assert.True(examples.Count >= 8);
        foreach (var example in examples)
        {
            var words = example[prompt.Length..].Split("  #")[0].Trim().Trim('\'');
            Assert.True(SocketFilter.TryParse([words], FilterWorld.Names, out _, out var error), $"{example}: {error}");
        }
    }

    private static string Row(FilterField field)
    {
        var names = string.Join(", ", field.Aliases.Prepend(field.Name).Select(static name => $"`{name}`"));
        return $"| {names} | {field.Description} | {(field.IsOrdered ? "yes" : "")} | `{field.Example}` |";
    }
}
