using Portolan.Firewall.Reviewing;

namespace Portolan.Firewall.Documents;

/// <summary>A rule. Its texts are hostile text.</summary>
/// <param name="Handle">The kernel's number of it.</param>
/// <param name="Text">Its text.</param>
/// <param name="Comment">Its comment, or <c>null</c>.</param>
/// <param name="Ports">The ports that it names.</param>
/// <param name="Says">What it does; <c>null</c> for a rule that decides nothing.</param>
/// <param name="From">Its conditions on the sender.</param>
/// <param name="Conditions">Its other conditions.</param>
/// <param name="Manager">Who made it, or <c>null</c>.</param>
/// <param name="ShadowedBy">An earlier rule that leaves it no packet, or <c>null</c>.</param>
/// <param name="Own">Whether it works, for one of Portolan's own; otherwise <c>null</c>.</param>
/// <param name="Counter">Its counter, or <c>null</c>.</param>
public sealed record RuleRecord(
    ulong Handle, string Text, string? Comment, IEnumerable<RulePortRecord> Ports, string? Says, IReadOnlyList<string> From,
    IReadOnlyList<string> Conditions, string? Manager, ulong? ShadowedBy, OwnRuleRecord? Own, RuleCounterRecord? Counter)
{
    /// <summary>A rule as documents have it.</summary>
    public static RuleRecord Of(ReviewedRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return new RuleRecord(
            rule.Rule.Handle, rule.Text, rule.Rule.Comment,
            rule.Ports.Select(static port => new RulePortRecord(port.ProtocolName, port.First, port.Last)),
            rule.Says.Length > 0 ? rule.Says : null, rule.From, rule.Conditions, rule.Manager?.Name, rule.ShadowedBy?.Handle,
            OwnRuleRecord.Of(rule.Own), rule.Counter is { } counter ? new RuleCounterRecord(counter.Packets, counter.Bytes) : null);
    }
}

/// <summary>Ports of a protocol.</summary>
/// <param name="Protocol">The name or number of the protocol; <c>null</c> for any that has ports.</param>
/// <param name="First">First port.</param>
/// <param name="Last">Last port.</param>
public sealed record RulePortRecord(string? Protocol, int First, int Last);

/// <summary>Whether a rule of Portolan's own works.</summary>
/// <param name="State">See <see cref="OwnRuleStateNames"/>.</param>
/// <param name="SecondsLeft">How long that stays so, rounded up; <c>null</c> for good.</param>
/// <param name="Change">The pending change that it waits for, or <c>null</c>.</param>
public sealed record OwnRuleRecord(string State, long? SecondsLeft, int? Change)
{
    /// <summary>A status as documents have it.</summary>
    public static OwnRuleRecord? Of(OwnRuleStatus? own) => own is null ? null
        : new OwnRuleRecord(own.State.Name(), own.Left is { } left ? (long)Math.Ceiling(left.TotalSeconds) : null, own.Change);
}

/// <summary>The counter of a rule.</summary>
/// <param name="Packets">So far.</param>
/// <param name="Bytes">So far.</param>
public sealed record RuleCounterRecord(ulong Packets, ulong Bytes);
