using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>
/// Says in which zone tracking looks packets up (nft_ct_set_zone_eval, xt_ct_target). The first rule that does has its way.
/// </summary>
/// <param name="value">The zone, 16 bits.</param>
/// <param name="direction">The direction it counts for, or <c>null</c> for both.</param>
/// <param name="takesUntracked">Whether what a rule took out of tracking is tracked again by that: nftables does so, x_tables does
/// not.</param>
/// <param name="context">The family and so on.</param>
/// <param name="question">Asked where the zone is not known.</param>
internal sealed class ZoneStep(
    BitValue value, ConnectionDirection? direction, bool takesUntracked, JudgeContext context, OpenQuestion question) : RuleStep
{
    public override void Run(in FlowState state, StepSink sink)
    {
        var view = state.View;
        var isUntracked = view[PacketField.ConnectionState].Number == (uint)ConnectionState.Untracked;
        if (view[PacketField.HasConnection].Number != 0 || view.Marks.Template is not null || (isUntracked && !takesUntracked))
        {
            sink.Pass(state);
            return;
        }

        if (!ValueReader.TrySplit(value, context, state, out var parts))
        {
            sink.Pass(Choose(state, new ConnectionZone(0, 0, question, IsKnown: false)));
            return;
        }

        foreach (var (part, bytes) in parts)
        {
            var number = (ushort)BitValue.Number(bytes);
            sink.Pass(Choose(part, new ConnectionZone(
                direction == ConnectionDirection.Reply ? (ushort)0 : number,
                direction == ConnectionDirection.Original ? (ushort)0 : number,
                question)));
        }
    }

    // A template is a connection to rules: its packet is a new one.
    private static FlowState Choose(in FlowState state, ConnectionZone zone) => state with
    {
        View = state.View.With(PacketField.ConnectionState, (uint)ConnectionState.New).With(state.View.Marks with { Template = zone }),
    };
}
