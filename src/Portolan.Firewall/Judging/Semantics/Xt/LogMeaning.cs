using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>It only reports.</summary>
internal sealed class LogMeaning : XtTargetMeaning<LogTarget>
{
    protected override void Compile(LogTarget target, RuleBuilder rule)
    {
        // The packet goes on.
    }
}
