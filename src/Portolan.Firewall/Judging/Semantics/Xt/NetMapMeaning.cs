using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Translates a network to another (NETMAP): the source behind the route, the destination before it.</summary>
internal sealed class NetMapMeaning : XtTargetMeaning<NetMapTarget>
{
    protected override void Compile(NetMapTarget target, RuleBuilder rule)
    {
        var question = rule.Question("it maps one network to another");
        rule.Add(new GiveUpStep(question));
    }
}
