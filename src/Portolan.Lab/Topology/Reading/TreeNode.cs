namespace Portolan.Lab.Topology.Reading;

/// <summary>A value of a YAML document with its place.</summary>
/// <param name="Line">The line it begins on, from 1.</param>
/// <param name="Column">The column it begins in, from 1.</param>
internal abstract record TreeNode(int Line, int Column)
{
    /// <summary>How many values it holds with itself, those behind aliases counted each time.</summary>
    public abstract long Size { get; }

    /// <summary>What it is, for messages: <c>a list</c>.</summary>
    public abstract string Kind { get; }
}

/// <summary>Text, a number or a word.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Column">Its column.</param>
/// <param name="Text">Its text without quotes.</param>
/// <param name="Quotes">Characters before its text: 0 plain, 1 quoted; -1 when it does not stand as it is written (a block).</param>
internal sealed record TreeScalar(int Line, int Column, string Text, int Quotes) : TreeNode(Line, Column)
{
    public override long Size => 1;

    public override string Kind => IsNull ? "nothing" : "one value";

    /// <summary>Whether nothing is written, or what YAML takes for nothing.</summary>
    public bool IsNull => Quotes == 0 && Text is "" or "~" or "null";

    /// <summary>A place inside the text, for a fault there.</summary>
    public TreeScalar At(int offset) =>
        Quotes < 0 || Text.Contains('\n', StringComparison.Ordinal) ? this : this with { Column = Column + Quotes + offset };
}

/// <summary>Values in a row.</summary>
internal sealed record TreeList(int Line, int Column, IReadOnlyList<TreeNode> Items) : TreeNode(Line, Column)
{
    public override long Size { get; } = 1 + Items.Sum(i => i.Size);

    public override string Kind => "a list";
}

/// <summary>Keys and their values, in the order they are written in; no key is there twice.</summary>
internal sealed record TreeMap(int Line, int Column, IReadOnlyList<(TreeScalar Key, TreeNode Value)> Entries) : TreeNode(Line, Column)
{
    public override long Size { get; } = 1 + Entries.Sum(e => e.Value.Size + 1);

    public override string Kind => "a mapping";
}
