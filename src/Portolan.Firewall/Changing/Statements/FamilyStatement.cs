using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>Packets of a family.</summary>
/// <param name="IsIPv4">The family.</param>
public sealed record FamilyStatement(bool IsIPv4) : Statement
{
    /// <inheritdoc/>
    public override string Text => $"meta nfproto {(IsIPv4 ? "ipv4" : "ipv6")}";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        writer.Meta(MetaKey.NetfilterProtocol);
        writer.Compare(CompareOperation.Equal, [(byte)(IsIPv4 ? RuleFamily.Ip : RuleFamily.Ip6)]);
    }
}
