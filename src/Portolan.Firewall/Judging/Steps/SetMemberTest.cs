using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Looks into a set that rules on the packet's own way may have changed: its element may be there because of it.</summary>
/// <param name="set">The set.</param>
/// <param name="key">The key looked up.</param>
/// <param name="asRead">The test against the elements that were read.</param>
/// <param name="isInverted">Whether packets pass whose key is not in it.</param>
/// <param name="question">Asked where the packet changed the set under a key that may be the same.</param>
internal sealed class SetMemberTest(ElementSet set, BitValue key, RuleStep asRead, bool isInverted, OpenQuestion question) : RuleStep
{
    public override bool IsPure => true;

    public override void Run(in FlowState state, StepSink sink)
    {
        for (var change = state.View.Marks.Additions; change is not null; change = change.Before)
        {
            if (!ReferenceEquals(change.Set, set))
            {
                continue;
            }

            if (KeyText.Of(key, state.View) is not { } text || text != change.Key)
            {
                sink.Fork(state, question);
            }
            else if (change.IsDeletion == isInverted)
            {
                sink.Pass(state);
            }
            else
            {
                sink.Miss(state);
            }

            return;
        }

        asRead.Run(state, sink);
    }
}
