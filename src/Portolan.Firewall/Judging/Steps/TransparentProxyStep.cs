using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>
/// Assigns packets to a transparent socket (nft_tproxy_eval_v4, tproxy_tg4): that of their connection, else a listener at an address and
/// port.
/// </summary>
/// <param name="rule">The rule.</param>
/// <param name="context">The family, the protocol and the machine.</param>
/// <param name="address">The listener's address, or <c>null</c>.</param>
/// <param name="port">The listener's port, or <c>null</c>.</param>
internal sealed class TransparentProxyStep(RuleReference rule, JudgeContext context, BitValue? address, BitValue? port) : RuleStep
{
    /// <summary>Why it is open what the rule does.</summary>
    public const string Why = "it depends on whether a transparent proxy listens";

    private const string OfSocket = "the user of the proxy's socket is not checked";
    private readonly OpenQuestion _question = new(rule, Why) { Topic = QuestionTopic.LocalSocket };

    /// <summary>
    /// What becomes of packets without such a socket; <c>null</c> where the rule ends, and the next one looks (nftables).
    /// </summary>
    public Decision? Otherwise { get; init; }

    private readonly LocalSocketLookup? _lookup = context.LocalSockets is { } sockets
        ? new LocalSocketLookup(
            context, sockets, new OpenQuestion(rule, "the interface or the address is one of several"))
        : null;

    public override void Run(in FlowState state, StepSink sink)
    {
        if (_lookup is null || LocalSocketLookup.IsOfOldConnection(state.View))
        {
            GiveUp(state, sink);
            return;
        }

        if (!LocalSocketLookup.IsOfConnection(state.View))
        {
            Listening(state, sink);
        }
        else if (state.View.Marks.Proxy is not null)
        {
            sink.Pass(state);
        }
        else if (_lookup.OfPacket(state) is { } connections)
        {
            foreach (var found in connections)
            {
                // The connection's socket comes first; a connection that is forwarded has none.
                if (found.Socket is null)
                {
                    Listening(found.State, sink);
                }
                else
                {
                    Take(found, found.State, sink);
                }
            }
        }
        else
        {
            GiveUp(state, sink);
        }
    }

    private void Listening(in FlowState state, StepSink sink)
    {
        var list = new BitList();
        Append(list, address);
        Append(list, port);
        if (!ValueReader.TrySplit(list.ToValue(), context, state, out var parts))
        {
            GiveUp(state, sink);
            return;
        }

        var width = address?.Width ?? 0;
        foreach (var (part, bytes) in parts)
        {
            var at = width == 0 ? 0 : BitValue.TakeBits(bytes, 0, width);
            var given = port is null ? (ushort)0 : (ushort)BitValue.TakeBits(bytes, width, 16);
            if ((given == 0 ? LocalSocketLookup.PortOf(part) : given) is not { } asked)
            {
                GiveUp(part, sink);
                continue;
            }

            foreach (var found in _lookup!.Find(part, SocketPlace.Given, at == 0 ? null : at, asked))
            {
                Take(found, found.Socket is { } socket ? Assigned(found.State, socket) : found.State, sink);
            }
        }
    }

    private static void Append(BitList list, BitValue? value)
    {
        if (value is { } known)
        {
            list.Append(known.Segments, 0, known.Width);
        }
    }

    private FlowState Assigned(in FlowState state, LocalSocket socket) => state with
    {
        View = state.View.With(
            (PacketField.HasSocket, FieldValue.Constant(1)),
            (PacketField.SocketUser, FieldValue.Choice(IntervalSet.All(32), OfSocket)),
            (PacketField.SocketGroup, FieldValue.Choice(IntervalSet.All(32), OfSocket)))
            .With(state.View.Marks with { Proxy = new ProxySocket(rule, socket) }),
    };

    private void Take(FoundSocket found, in FlowState taken, StepSink sink)
    {
        if (found.Socket is { IsTransparent: true } || !found.IsSure)
        {
            sink.Pass(found.IsSure ? taken : taken.Ask(_question));
        }

        if (found.Socket is not { IsTransparent: true } || !found.IsSure)
        {
            Leave(found.IsSure ? found.State : found.State.Ask(_question), sink);
        }
    }

    private void Leave(in FlowState state, StepSink sink)
    {
        if (Otherwise is { } decision)
        {
            sink.Decide(state, decision);
        }
        else
        {
            sink.Miss(state);
        }
    }

    private void GiveUp(in FlowState state, StepSink sink)
    {
        sink.Decide(state.Ask(_question), Decision.Open);
        sink.Pass(state.Ask(_question));
        Leave(state.Ask(_question), sink);
    }
}
