using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Looks the local socket of packets up (nft_socket_eval, xt_socket): those with one pass, with a fact of it.</summary>
/// <param name="lookup">Finds it.</param>
/// <param name="slot">Where the fact goes; <c>null</c> for none.</param>
/// <param name="factOf">The fact as the slot's number; <c>null</c> where it is not known.</param>
/// <param name="isWanted">Whether packets with that socket pass.</param>
/// <param name="question">Asked where the socket, or the fact, is not known.</param>
internal sealed class SocketStep(
    LocalSocketLookup lookup, PacketField? slot, Func<FoundSocket, UInt128?> factOf, Func<FoundSocket, bool> isWanted,
    OpenQuestion question)
    : RuleStep
{
    public override bool IsPure => true;

    public override void Run(in FlowState state, StepSink sink)
    {
        if (lookup.OfPacket(state) is not { } all)
        {
            var asked = state.Ask(question);
            sink.Miss(asked);
            sink.Pass(With(asked, null));
            return;
        }

        foreach (var found in all)
        {
            if (!found.IsSure)
            {
                var asked = found.State.Ask(question);
                sink.Miss(asked);
                sink.Pass(With(asked, null));
            }
            else if (found.Socket is not null && isWanted(found))
            {
                sink.Pass(With(found.State, factOf(found)));
            }
            else
            {
                sink.Miss(found.State);
            }
        }
    }

    private FlowState With(in FlowState state, UInt128? fact) => slot is { } field
        ? state with
        {
            View = state.View.With(
                field, fact is { } number ? FieldValue.Constant(number) : FieldValue.Choice(IntervalSet.All(128), question.Why)),
        }
        : state;
}
