using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Machine;

/// <summary>Where the way of packets ended.</summary>
/// <param name="Decision">The fate.</param>
/// <param name="Decider">The rule or policy, of a drop or a queue.</param>
/// <param name="Rejection">How a reject is answered.</param>
/// <param name="Delivery">Where accepted ones went.</param>
/// <param name="RouteProblem">What the route did instead.</param>
internal sealed record Fate(
    FlowDecision Decision,
    RuleReference? Decider = null,
    RejectExpression? Rejection = null,
    DeliveryKind Delivery = DeliveryKind.None,
    RouteProblem? RouteProblem = null)
{
    public static Fate Local { get; } = new(FlowDecision.Accept, Delivery: DeliveryKind.Local);

    public static Fate Forwarded { get; } = new(FlowDecision.Accept, Delivery: DeliveryKind.Forwarded);

    public static Fate Sent { get; } = new(FlowDecision.Accept, Delivery: DeliveryKind.Sent);

    /// <summary>Given up: what is assumed tells why.</summary>
    public static Fate Open { get; } = new(FlowDecision.Depends);
}

/// <summary>Packets at the end of their way.</summary>
/// <param name="State">The packets and how they looked.</param>
/// <param name="Fate">What became of them.</param>
internal readonly record struct Terminal(FlowState State, Fate Fate);
