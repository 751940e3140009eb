namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>The state is one of a set.</summary>
/// <param name="states">A mask of <c>1 &lt;&lt; <see cref="SocketState"/></c>.</param>
public sealed class StateNode(uint states) : FilterNode
{
    /// <summary>A mask of <c>1 &lt;&lt; <see cref="SocketState"/></c>.</summary>
    public uint States { get; } = states;
}

/// <summary>The protocol is one of a set.</summary>
public sealed class ProtocolNode(SocketProtocols protocols) : FilterNode
{
    /// <summary>The set.</summary>
    public SocketProtocols Protocols { get; } = protocols;
}

/// <summary>The families of sockets, as a set.</summary>
[Flags]
public enum SocketFamilies : byte
{
    /// <summary>No family.</summary>
    None = 0,

    /// <summary>AF_INET.</summary>
    IPv4 = 1,

    /// <summary>AF_INET6, also when it carries IPv4.</summary>
    IPv6 = 2,

    /// <summary>AF_UNIX.</summary>
    Unix = 4,

    /// <summary>AF_PACKET.</summary>
    Packet = 8,

    /// <summary>All of them.</summary>
    All = IPv4 | IPv6 | Unix | Packet,
}

/// <summary>The socket's family is one of a set.</summary>
public sealed class FamilyNode(SocketFamilies families) : FilterNode
{
    /// <summary>The set.</summary>
    public SocketFamilies Families { get; } = families;
}

/// <summary>The kernel chose the local port: it lies in this host's ephemeral range.</summary>
public sealed class AutoboundNode : FilterNode;

/// <summary>A number of a socket compared with ranges: a pid or the length of a queue.</summary>
public sealed class NumberNode(FilterField field, FilterComparison comparison, IReadOnlyList<NumberRange> ranges) : FilterNode
{
    /// <summary>The field whose number is compared.</summary>
    public FilterField Field { get; } = field;

    /// <summary>How it is compared; a single number unless <see cref="FilterComparison.Equal"/>.</summary>
    public FilterComparison Comparison { get; } = comparison;

    /// <summary>The values, both ends included.</summary>
    public IReadOnlyList<NumberRange> Ranges { get; } = ranges;
}

/// <summary>A range of numbers, both ends included.</summary>
public readonly record struct NumberRange(uint First, uint Last);

/// <summary>A text of a socket compared with patterns in which <c>*</c> and <c>?</c> are wild.</summary>
public sealed class PatternNode(FilterField field, IReadOnlyList<string> patterns) : FilterNode
{
    /// <summary>The field: process, unit, container, namespace or path.</summary>
    public FilterField Field { get; } = field;

    /// <summary>The patterns; one of them must match.</summary>
    public IReadOnlyList<string> Patterns { get; } = patterns;
}
