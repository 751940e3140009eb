using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Values;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Compares bytes with bytes.</summary>
internal delegate bool BytesPredicate(ReadOnlySpan<byte> found, ReadOnlySpan<byte> wanted);

/// <summary>A test of a value in a form that no set of numbers expresses: made when all its fields are constants, else not known.</summary>
internal sealed class ConcreteTest(BitValue value, JudgeContext context, byte[] bytes, BytesPredicate holds, OpenQuestion tooFine)
    : RuleStep
{
    public override bool IsPure => true;

    public override void Run(in FlowState state, StepSink sink)
    {
        if (!ValueReader.TrySplit(value, context, state, out var parts))
        {
            sink.Fork(state, tooFine);
            return;
        }

        foreach (var (part, found) in parts)
        {
            if (holds(found, bytes))
            {
                sink.Pass(part);
            }
            else
            {
                sink.Miss(part);
            }
        }
    }
}
