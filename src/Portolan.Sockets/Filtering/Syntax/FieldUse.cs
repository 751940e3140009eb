namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>One use of a field in a filter, handed to the field's own reader.</summary>
internal sealed class FieldUse(string filter, FilterField field, FilterComparison comparison, IReadOnlyList<FilterValue> values)
{
    public FilterField Field { get; } = field;

    /// <summary>
    /// How it is compared; only ordered fields get anything but <see cref="FilterComparison.Equal"/>, and then a single value.
    /// </summary>
    public FilterComparison Comparison { get; } = comparison;

    /// <summary>The values, at least one.</summary>
    public IReadOnlyList<FilterValue> Values { get; } = values;

    /// <summary>What was wrong, once a reader has failed.</summary>
    public FilterError? Error { get; private set; }

    /// <summary>Notes an error about a value and returns <c>null</c>.</summary>
    public FilterNode? Fail(FilterValue value, string message, string? suggestion = null, Advice? hint = null)
    {
        Error ??= new FilterError(filter, message, value.Position, value.Length, suggestion, hint);
        return null;
    }

    /// <summary>Reads every value with one function; <c>null</c> as soon as one fails.</summary>
    public List<T>? ReadAll<T>(Func<FieldUse, FilterValue, T?> read)
        where T : struct
    {
        var result = new List<T>(Values.Count);
        foreach (var value in Values)
        {
            if (read(this, value) is not { } term)
            {
                return null;
            }

            result.Add(term);
        }

        return result;
    }
}
