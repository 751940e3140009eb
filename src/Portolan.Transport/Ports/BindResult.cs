using System.Diagnostics.CodeAnalysis;

namespace Portolan.Transport.Ports;

/// <summary>What became of a bind, a listen or the choice of a port for a connection.</summary>
/// <param name="Holder">The new or changed holder; <c>null</c> when it failed.</param>
/// <param name="Rule">The rule that made it fail.</param>
/// <param name="Conflict">The holder in the way: of several the one that a search meets first, mostly the newest. <c>null</c> when it
/// worked, and when no single one is in the way.</param>
/// <param name="Tried">How many ports were looked at, when one was to be chosen.</param>
public readonly record struct BindResult(PortHolder? Holder, BindRule Rule, PortHolder? Conflict = null, int Tried = 0)
{
    /// <summary>Whether it worked.</summary>
    [MemberNotNullWhen(true, nameof(Holder))]
    public bool Succeeded => Rule == BindRule.None;

    /// <summary>Who is in the way and why, for people.</summary>
    public override string ToString() => (Rule, Conflict) switch
    {
        (BindRule.None, _) => $"{Holder}",
        (_, null) => Rule.Explain(),
        _ => $"{Conflict} is in the way: {Rule.Explain()}",
    };
}
