using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Something a rule does with packets when it runs: a test, a change or a decision.</summary>
internal abstract class RuleStep
{
    /// <summary>Whether it only looks, so that a later test that fails for sure may be made first.</summary>
    public virtual bool IsPure => false;

    /// <summary>Puts every packet of the state into the sink, in one or more parts.</summary>
    public abstract void Run(in FlowState state, StepSink sink);
}
