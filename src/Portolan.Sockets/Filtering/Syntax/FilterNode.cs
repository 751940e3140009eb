namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>A part of a filter as it was written: names are not resolved yet. <see cref="FilterPrinter"/> writes it back.</summary>
public abstract class FilterNode
{
    /// <inheritdoc/>
    public sealed override string ToString() => FilterPrinter.Print(this);
}

/// <summary>All of the operands hold.</summary>
public sealed class AndNode(IReadOnlyList<FilterNode> operands) : FilterNode
{
    /// <summary>Two or more.</summary>
    public IReadOnlyList<FilterNode> Operands { get; } = operands;
}

/// <summary>At least one of the operands holds.</summary>
public sealed class OrNode(IReadOnlyList<FilterNode> operands) : FilterNode
{
    /// <summary>Two or more.</summary>
    public IReadOnlyList<FilterNode> Operands { get; } = operands;
}

/// <summary>The operand does not hold. <c>!=</c> and <c>exclude</c> become this too.</summary>
public sealed class NotNode(FilterNode operand) : FilterNode
{
    /// <summary>What must not hold.</summary>
    public FilterNode Operand { get; } = operand;
}

/// <summary>How a field is compared; "not equal" is a <see cref="NotNode"/>.</summary>
public enum FilterComparison
{
    /// <summary>Equals one of the values.</summary>
    Equal,

    /// <summary>Below the value.</summary>
    Less,

    /// <summary>The value or below.</summary>
    LessOrEqual,

    /// <summary>Above the value.</summary>
    Greater,

    /// <summary>The value or above.</summary>
    GreaterOrEqual,
}

/// <summary>Which end of a socket a field speaks of.</summary>
public enum SocketEnd
{
    /// <summary>Local or remote.</summary>
    Either,

    /// <summary>This host's address and port.</summary>
    Local,

    /// <summary>The peer's address and port.</summary>
    Remote,
}
