using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Marks packets as written into: from here on they are not what the sender sent.</summary>
/// <param name="question">What is asked of them once they got through.</param>
internal sealed class WrittenStep(OpenQuestion question) : RuleStep
{
    private const string FewHops = "it sets a low TTL or hop limit, which may expire before the destination";

    /// <summary>Marks packets as those that pass few routers only: nothing to a socket of this machine.</summary>
    public static WrittenStep OfHopLimit(RuleBuilder rule) => new(rule.Question(FewHops) with { Topic = QuestionTopic.HopLimit });

    public override void Run(in FlowState state, StepSink sink) =>
        sink.Pass(state.View.Marks.Written is { } before && (before.Topic != QuestionTopic.HopLimit || question.Topic == before.Topic)
            ? state
            : state with { View = state.View.With(state.View.Marks with { Written = question }) });
}
