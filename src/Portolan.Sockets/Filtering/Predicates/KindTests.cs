using Portolan.Sockets.Filtering.Pushdown;
using Portolan.Sockets.Filtering.Syntax;

namespace Portolan.Sockets.Filtering.Predicates;

/// <summary>The state is one of a mask.</summary>
internal sealed class StateTest(uint states) : SocketTest
{
    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context) => Decided((states >> (int)entry.State & 1) != 0);

    /// <inheritdoc/>
    public override SocketBounds Bounds(bool holds) => SocketBounds.All with { States = (holds ? states : ~states) & StateWords.All };
}

/// <summary>The protocol is one of a set.</summary>
internal sealed class ProtocolTest(SocketProtocols protocols) : SocketTest
{
    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context) =>
        Decided(((int)protocols >> (int)entry.Protocol & 1) != 0);

    /// <inheritdoc/>
    public override SocketBounds Bounds(bool holds) =>
        SocketBounds.All.Intersect(SocketBounds.All with { Protocols = holds ? protocols : SocketBounds.All.Protocols & ~protocols });

    // The same bytecode is sent for every protocol: the bounds tell them apart.

    /// <inheritdoc/>
    public override KernelCondition Kernel(bool holds) =>
        ((holds ? protocols : ~protocols) & SocketBounds.Internet.Protocols) == 0 ? KernelCondition.False : KernelCondition.True;
}

/// <summary>The family is one of a set.</summary>
internal sealed class FamilyTest(SocketFamilies families) : SocketTest
{
    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context) => Decided((families & FamilyOf(entry)) != 0);

    /// <inheritdoc/>
    public override SocketBounds Bounds(bool holds) =>
        SocketBounds.All.Intersect(SocketBounds.All with { Families = holds ? families : SocketFamilies.All & ~families });

    /// <inheritdoc/>
    public override KernelCondition Kernel(bool holds) =>
        ((holds ? families : ~families) & (SocketFamilies.IPv4 | SocketFamilies.IPv6)) switch
        {
            SocketFamilies.None => KernelCondition.False,
            SocketFamilies.IPv6 => new KernelFamilyIsIPv6(Holds: true),
            SocketFamilies.IPv4 => new KernelFamilyIsIPv6(Holds: false),
            _ => KernelCondition.True,
        };

    private static SocketFamilies FamilyOf(in SocketEntry entry) => entry.Protocol switch
    {
        SocketProtocol.Unix => SocketFamilies.Unix,
        SocketProtocol.Packet => SocketFamilies.Packet,
        _ => entry.IsIPv6 ? SocketFamilies.IPv6 : SocketFamilies.IPv4,
    };
}
