using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Takes the packet out of connection tracking (nft_notrack_eval), unless it has a connection already.</summary>
internal sealed class NoTrackSemantics : ExpressionMeaning<NoTrackExpression>
{
    protected override void Compile(NoTrackExpression expression, RuleBuilder rule) => rule.Add(new NoTrackStep());
}
