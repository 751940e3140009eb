namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>The kinds of word in a filter.</summary>
internal enum FilterTokenKind
{
    /// <summary>A field, a value or a word such as <c>and</c>.</summary>
    Word,

    /// <summary>A comparison sign: <c>= == != &lt; &gt; &lt;= &gt;=</c>.</summary>
    Comparison,

    /// <summary><c>(</c>.</summary>
    Open,

    /// <summary><c>)</c>.</summary>
    Close,

    /// <summary><c>!</c> or <c>not</c>.</summary>
    Not,

    /// <summary><c>&amp;</c>, <c>&amp;&amp;</c> or <c>and</c>.</summary>
    And,

    /// <summary><c>|</c>, <c>||</c> or <c>or</c>.</summary>
    Or,

    /// <summary>After the last word.</summary>
    End,
}

/// <summary>One word of a filter and where it stands.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Text">Its text with quotes and backslashes taken away.</param>
/// <param name="Position">Where it starts in the filter.</param>
/// <param name="Length">Its length in the filter.</param>
/// <param name="Values">For a word: its pieces between commas, those inside quotes not counted; at least one.</param>
internal readonly record struct FilterToken(FilterTokenKind Kind, string Text, int Position, int Length, IReadOnlyList<FilterValue> Values)
{
    /// <summary>Whether quotes or a backslash say that it is a plain value, whatever it spells.</summary>
    public bool IsQuoted => Values.Any(static value => value.IsQuoted);
}
