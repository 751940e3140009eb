using Portolan.Sockets.Filtering.Predicates;
using Portolan.Sockets.Filtering.Pushdown;
using Portolan.Sockets.Filtering.Syntax;

namespace Portolan.Sockets.Filtering;

/// <summary>What the kernel can be told of a filter. Each part may let too much through, never too little.</summary>
public sealed record FilterPushdown
{
    /// <summary>A program for INET_DIAG_REQ_BYTECODE; empty when the kernel cannot refuse anything.</summary>
    public required ReadOnlyMemory<byte> Bytecode { get; init; }

    /// <summary>States that can match, as a mask of <c>1 &lt;&lt; <see cref="SocketState"/></c>.</summary>
    public required uint States { get; init; }

    /// <summary>Whether an IPv4 socket can match.</summary>
    public required bool IPv4 { get; init; }

    /// <summary>Whether an IPv6 socket can match.</summary>
    public required bool IPv6 { get; init; }

    /// <summary>Protocols that can match; none when nothing can.</summary>
    public required SocketProtocols Protocols { get; init; }

    /// <summary>Asks for no more than both the query and the filter want.</summary>
    public SocketQuery Narrow(SocketQuery query) => query with
    {
        Protocols = query.Protocols & Protocols,
        IPv4 = query.IPv4 && IPv4,
        IPv6 = query.IPv6 && IPv6,
        States = query.States & States,
        Bound = query.Bound && (States & (1u << (int)SocketState.Bound)) != 0,
        Bytecode = Bytecode.IsEmpty ? query.Bytecode : Bytecode,
    };

    /// <summary>Works out what a test lets through.</summary>
    internal static FilterPushdown Of(SocketTest test)
    {
        var bounds = test.Bounds(holds: true);
        return new FilterPushdown
        {
            Bytecode = BytecodeCompiler.Compile(test.Kernel(holds: true)),
            States = bounds.States,
            IPv4 = (bounds.Families & SocketFamilies.IPv4) != 0,
            IPv6 = (bounds.Families & SocketFamilies.IPv6) != 0,
            Protocols = bounds.Protocols,
        };
    }
}
