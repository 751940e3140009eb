using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>The sender's system (nft_osf_eval).</summary>
internal sealed class OsFingerprintSemantics : ExpressionMeaning<OsFingerprintExpression>
{
    private const string Why = "it depends on the sender's operating system";

    protected override void Compile(OsFingerprintExpression expression, RuleBuilder rule)
    {
        rule.Doubt(Why);
        rule.Store(expression.Destination, BitValue.Unknown(16, Why));
    }
}
