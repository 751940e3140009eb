namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>A value as it was written, kept so that a name that cannot be resolved is shown with a caret.</summary>
/// <param name="Text">The text with quotes and backslashes taken away.</param>
/// <param name="Position">Where it starts in the filter.</param>
/// <param name="Length">Its length in the filter.</param>
/// <param name="IsQuoted">Whether it was quoted.</param>
public readonly record struct FilterValue(string Text, int Position, int Length, bool IsQuoted = false);

/// <summary>A port, a range of ports or a service name.</summary>
/// <param name="Ports">The ports; meaningless when <paramref name="Service"/> is set.</param>
/// <param name="Service">A name to be looked up in the registry, or <c>null</c>.</param>
public readonly record struct PortTerm(PortRange Ports, FilterValue? Service)
{
    /// <inheritdoc/>
    public override string ToString() => Service is { } name ? FilterPrinter.Quote(name.Text) : Ports.ToString();
}

/// <summary>A port compared.</summary>
public sealed class PortNode(SocketEnd end, FilterComparison comparison, IReadOnlyList<PortTerm> terms) : FilterNode
{
    /// <summary>Whose port.</summary>
    public SocketEnd End { get; } = end;

    /// <summary>How it is compared; a single term unless <see cref="FilterComparison.Equal"/>.</summary>
    public FilterComparison Comparison { get; } = comparison;

    /// <summary>The values.</summary>
    public IReadOnlyList<PortTerm> Terms { get; } = terms;
}

/// <summary>The protocol and a port of the socket belong to a service of the registry.</summary>
public sealed class ServiceNode(IReadOnlyList<FilterValue> names) : FilterNode
{
    /// <summary>Names or aliases.</summary>
    public IReadOnlyList<FilterValue> Names { get; } = names;
}

/// <summary>The user who made the socket.</summary>
public sealed class UserNode(FilterComparison comparison, IReadOnlyList<UserTerm> terms) : FilterNode
{
    /// <summary>How the user id is compared; a single number unless <see cref="FilterComparison.Equal"/>.</summary>
    public FilterComparison Comparison { get; } = comparison;

    /// <summary>The values.</summary>
    public IReadOnlyList<UserTerm> Terms { get; } = terms;
}

/// <summary>A range of user ids, or a user name.</summary>
/// <param name="Ids">The ids; meaningless when <paramref name="Name"/> is set.</param>
/// <param name="Name">A name to be looked up, or <c>null</c>.</param>
public readonly record struct UserTerm(NumberRange Ids, FilterValue? Name);

/// <summary>The interface a socket is bound to.</summary>
public sealed class InterfaceNode(IReadOnlyList<FilterValue> interfaces) : FilterNode
{
    /// <summary>Names or indexes.</summary>
    public IReadOnlyList<FilterValue> Interfaces { get; } = interfaces;
}
