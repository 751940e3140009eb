using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>
/// Asks about the sender as the rate of an allow counts it: an address of IPv4, or 64 bits of IPv6, of which whoever has one address has
/// all.
/// </summary>
/// <param name="IsIPv4">The family, of which a statement before it has made sure.</param>
public abstract record SenderStatement(bool IsIPv4) : Statement
{
    private static readonly byte[] Network = [255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>The sender in words of nft.</summary>
    protected string Sender => IsIPv4 ? "ip saddr" : "ip6 saddr & ffff:ffff:ffff:ffff::";

    /// <summary>Loads it.</summary>
    protected void Load(ExpressionWriter writer)
    {
        writer.Payload(PayloadBase.Network, IsIPv4 ? 12 : 8, IsIPv4 ? 4 : 16);
        if (!IsIPv4)
        {
            writer.Mask(Network);
        }
    }
}

/// <summary>Packets beyond the rate of their sender. A sender for whom the set has no room is not counted here.</summary>
/// <param name="IsIPv4">The family.</param>
/// <param name="Set">The set that keeps what was counted.</param>
/// <param name="Rate">The rate.</param>
public sealed record SenderRateOverStatement(bool IsIPv4, string Set, RuleRate Rate) : SenderStatement(IsIPv4)
{
    /// <inheritdoc/>
    public override string Text =>
        $"update @{Set} {{ {Sender} timeout {DurationText.Format(Rate.Memory)} limit rate over {Rate} burst {RuleRate.Burst} packets }}";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        Load(writer);
        writer.LimitOver(Set, Rate.Memory, Rate);
    }
}

/// <summary>Packets of senders for whom a set had no room.</summary>
/// <param name="IsIPv4">The family.</param>
/// <param name="Set">The set.</param>
public sealed record UnknownSenderStatement(bool IsIPv4, string Set) : SenderStatement(IsIPv4)
{
    /// <inheritdoc/>
    public override string Text => $"{Sender} != @{Set}";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        Load(writer);
        writer.Lookup(Set, isNegated: true);
    }
}
