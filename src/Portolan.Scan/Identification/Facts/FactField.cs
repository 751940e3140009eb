using System.Globalization;

namespace Portolan.Scan.Identification.Facts;

/// <summary>What the value of a field is.</summary>
public enum FactKind : byte
{
    /// <summary>A string, which may hold hostile text.</summary>
    Text,

    /// <summary>An integer.</summary>
    Number,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>Further fields: all with a key, or none.</summary>
    Table,
}

/// <summary>A field of a fact: a value, or further fields.</summary>
/// <param name="Key">Its name; <c>null</c> for an element of a list.</param>
/// <param name="Kind">What its value is.</param>
/// <param name="Text">The value as text; empty for a table.</param>
/// <param name="Items">The fields of a table.</param>
public sealed record FactField(string? Key, FactKind Kind, string Text, IReadOnlyList<FactField> Items)
{
    /// <summary>A field of text.</summary>
    public static FactField Of(string? key, string text) => new(key, FactKind.Text, text, []);

    /// <summary>A field of a number.</summary>
    public static FactField Of(string? key, long number) => new(key, FactKind.Number, number.ToString(CultureInfo.InvariantCulture), []);

    /// <summary>A field that is true or false.</summary>
    public static FactField Of(string? key, bool flag) => new(key, FactKind.Flag, flag ? "true" : "false", []);

    /// <summary>Further fields.</summary>
    public static FactField Table(string? key, IEnumerable<FactField> items) => new(key, FactKind.Table, "", [.. items]);

    /// <summary>A list of texts.</summary>
    public static FactField List(string? key, IEnumerable<string> texts) => Table(key, texts.Select(static text => Of(null, text)));
}
