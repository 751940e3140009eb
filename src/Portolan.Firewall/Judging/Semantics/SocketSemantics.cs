using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>The local socket (nft_socket_eval): whether there is one, and a fact of it.</summary>
internal sealed class SocketSemantics : ExpressionMeaning<SocketExpression>
{
    /// <summary>Why its facts are not known.</summary>
    public const string Why = "it depends on the local socket that the packet belongs to";

    private const uint Transparent = 0;
    private const uint Wildcard = 2;
    private const int ByteInSlot = 120;

    protected override void Compile(SocketExpression expression, RuleBuilder rule)
    {
        if (LookupOf(rule) is not { } lookup || rule.TakeSlots(1) is not [var slot])
        {
            rule.Add(new UnknownTest(QuestionOf(rule)));
            rule.Store(expression.Destination, BitValue.Unknown(16, Why));
            return;
        }

        UInt128? FactOf(FoundSocket found) => expression.Key switch
        {
            Transparent => found.Socket!.IsTransparent ? (UInt128)1 << ByteInSlot : 0,
            Wildcard => IsWildcard(found) ? (UInt128)1 << ByteInSlot : 0,
            _ => null,
        };
        rule.Add(new SocketStep(lookup, slot, FactOf, static _ => true, QuestionOf(rule)));
        rule.Store(
            expression.Destination,
            expression.Key is Transparent or Wildcard ? new(BitSegment.Of(slot, ByteInSlot, 8)) : BitValue.Unknown(16, Why));
    }

    /// <summary>Whether the socket takes packets to every address; that of a connection has one.</summary>
    public static bool IsWildcard(FoundSocket found) => !found.IsConnection && found.Socket!.Address.Unmap().IsUnspecified;

    /// <summary>Finds sockets; <c>null</c> where they were not read, or the protocol has none.</summary>
    public static LocalSocketLookup? LookupOf(RuleBuilder rule) => rule.Context is { LocalSockets: { } sockets, Protocol: 6 or 17 }
        ? new LocalSocketLookup(rule.Context, sockets, QuestionOf(rule))
        : null;

    /// <summary>Asked where it is open.</summary>
    public static OpenQuestion QuestionOf(RuleBuilder rule) => rule.Question(Why) with { Topic = QuestionTopic.LocalSocket };
}
