using Portolan.Sockets.Filtering.Syntax;

namespace Portolan.Sockets.Filtering;

/// <summary>
/// A word that a filter can compare: the one definition behind the parser, the help, the completions and docs/filters.md.
/// </summary>
public sealed class FilterField
{
    /// <summary>Makes a field. The reader turns the values into a node, or gives <c>null</c> after <see cref="FieldUse.Fail"/>.</summary>
    internal FilterField(Func<FieldUse, FilterNode?> read) => Read = read;

    /// <summary>The name, as it is printed.</summary>
    public required string Name { get; init; }

    /// <summary>Other names for the same field.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What it compares, in one sentence without a full stop.</summary>
    public required string Description { get; init; }

    /// <summary>A filter that uses it.</summary>
    public required string Example { get; init; }

    /// <summary>Whether <c>&lt; &lt;= &gt; &gt;=</c> work.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>Whether the field stands alone, without a value.</summary>
    public bool IsFlag { get; init; }

    /// <summary>Words worth offering as values; empty where values are free.</summary>
    public Func<IEnumerable<string>> Values { get; init; } = static () => [];

    /// <summary>Reads the values.</summary>
    internal Func<FieldUse, FilterNode?> Read { get; }

    /// <summary>Whether the word names this field, in any case.</summary>
    internal bool IsNamed(string word)
    {
        if (word.Equals(Name, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        foreach (var alias in Aliases)
        {
            if (word.Equals(alias, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
