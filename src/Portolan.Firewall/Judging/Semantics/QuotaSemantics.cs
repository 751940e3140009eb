using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A number of bytes (nft_quota_eval); how many will have passed is not known.</summary>
internal sealed class QuotaSemantics : ExpressionMeaning<QuotaExpression>
{
    protected override void Compile(QuotaExpression expression, RuleBuilder rule) =>
        rule.Doubt("it hangs on how many bytes of its quota are used");
}
