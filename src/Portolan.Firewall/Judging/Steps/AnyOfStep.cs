using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Passes packets that pass one of several rows of tests; or, inverted, none.</summary>
internal sealed class AnyOfStep(RuleStep[][] rows, bool isInverted) : RuleStep
{
    public override bool IsPure => true;

    public override void Run(in FlowState state, StepSink sink)
    {
        List<FlowState> missed = [state];
        foreach (var row in rows)
        {
            var next = new List<FlowState>();
            foreach (var part in missed)
            {
                var inner = new StepSink();
                inner.Begin(part);
                foreach (var step in row)
                {
                    inner.Advance();
                    foreach (var pending in inner.Pending)
                    {
                        step.Run(pending, inner);
                    }
                }

                next.AddRange(inner.Missed);
                foreach (var passed in inner.Passed)
                {
                    if (isInverted)
                    {
                        sink.Miss(passed);
                    }
                    else
                    {
                        sink.Pass(passed);
                    }
                }
            }

            missed = next;
        }

        foreach (var part in missed)
        {
            if (isInverted)
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
