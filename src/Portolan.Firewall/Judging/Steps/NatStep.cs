using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Pipeline;
using Portolan.Firewall.Judging.Ports;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>
/// Translates the source or the destination of a connection's first packet (nf_nat_setup_info), which is accepted with that.
/// </summary>
internal sealed class NatStep(RuleReference rule, JudgeContext context, NatTarget target) : RuleStep
{
    private const uint SourceChanged = 0x10;
    private const uint DestinationChanged = 0x20;
    private const string Several = "the new address or port is one of several";

    /// <summary>A range that is shifted has a case for each port; of more ports the new one is one of several.</summary>
    private const int MostPorts = 256;

    public override void Run(in FlowState state, StepSink sink) => Run(state, null, sink);

    /// <summary>The same to an address that is known already.</summary>
    public void Run(in FlowState state, FieldValue? known, StepSink sink)
    {
        if (target.BasePort is null)
        {
            Translate(state, known, sink);
            return;
        }

        foreach (var part in ByPort(state))
        {
            Translate(part, known, sink);
        }
    }

    private void Translate(in FlowState state, FieldValue? known, StepSink sink)
    {
        // Without a connection there is nothing to translate; nat chains do not even see such packets.
        var list = new BitList();
        var addressWidth = target.AddressMin is { } min ? min.Width : 0;
        var portWidth = target.PortMin is null ? 0 : 16;
        Append(list, target.AddressMin);
        Append(list, target.AddressMax);
        Append(list, target.PortMin);
        Append(list, target.PortMax);
        if (!ValueReader.TrySplit(list.ToValue(), context, state, out var parts))
        {
            var address = addressWidth == 0 ? (FieldValue?)null : FieldValue.Choice(IntervalSet.All(addressWidth), Several);
            var port = portWidth == 0 ? (FieldValue?)null : FieldValue.Choice(IntervalSet.All(16), Several);
            sink.Decide(Apply(state, known ?? address, port), Decision.Accept);
            return;
        }

        foreach (var (part, bytes) in parts)
        {
            var address = addressWidth == 0
                ? (FieldValue?)null
                : Range(BitValue.TakeBits(bytes, 0, addressWidth), BitValue.TakeBits(bytes, addressWidth, addressWidth));
            var at = addressWidth * 2;
            var port = portWidth == 0
                ? (FieldValue?)null
                : PortOf(part, BitValue.TakeBits(bytes, at, 16), BitValue.TakeBits(bytes, at + 16, 16));
            sink.Decide(Apply(part, known ?? address, port), Decision.Accept);
        }
    }

    private static void Append(BitList list, BitValue? value)
    {
        if (value is { } known)
        {
            list.Append(known.Segments, 0, known.Width);
        }
    }

    private static FieldValue Range(UInt128 first, UInt128 last) =>
        first >= last ? FieldValue.Constant(first) : FieldValue.Choice(IntervalSet.Of(first, last), Several);

    private PacketField Port => target.IsSource ? PacketField.SourcePort : PacketField.DestinationPort;

    /// <summary>The packets of each port by themselves, where the sender chose one of few.</summary>
    private List<FlowState> ByPort(in FlowState state)
    {
        var now = state.View[Port];
        if (now.Kind != FieldValueKind.Open)
        {
            return [state];
        }

        var parts = new List<FlowState>();
        foreach (var interval in state.Cube[now.Dimension].Intervals)
        {
            if (interval.Last - interval.First >= (UInt128)(MostPorts - parts.Count))
            {
                return [state];
            }

            for (var port = interval.First; port <= interval.Last; port++)
            {
                parts.Add(state with { Cube = state.Cube.With(now.Dimension, IntervalSet.Of(port)) });
            }
        }

        return parts;
    }

    // A port that lies in the range already stays (nf_nat_l4proto_in_range), but for a shifted range: there the distance from a base
    // chooses the port, in 16 bits and around the end of the range (nf_nat_l4proto_unique_tuple).
    private FieldValue PortOf(in FlowState state, UInt128 first, UInt128 last)
    {
        if (target.BasePort is not null && last < first)
        {
            (first, last) = (last, first);
        }

        if (first >= last)
        {
            return FieldValue.Constant(first);
        }

        var now = state.View[Port];
        if (target.BasePort is { } origin)
        {
            return FieldSplitter.Domain(state, Port) is { Count: 1 } ports && ports.Intervals[0] is var one && one.First == one.Last
                ? FieldValue.Constant(first + ((ushort)((ushort)one.First - origin) % (last - first + 1)))
                : FieldValue.Choice(IntervalSet.Of(first, last), Several);
        }

        if (!target.IsRandom && now.IsAsked)
        {
            state.View.Ask(Port, new IsAmongPorts(new PortStretch((ushort)first, (ushort)last)));
        }

        return !target.IsRandom && now.Kind == FieldValueKind.Constant && now.Number >= first && now.Number <= last
            ? now
            : FieldValue.Choice(IntervalSet.Of(first, last), Several);
    }

    private FlowState Apply(in FlowState state, FieldValue? address, FieldValue? port) =>
        Apply(state, rule, target.IsSource, address, port);

    /// <summary>Gives packets a new address, port or both.</summary>
    public static FlowState Apply(in FlowState state, RuleReference rule, bool isSource, FieldValue? address, FieldValue? port)
    {
        var view = state.View;
        var (addressField, portField) = isSource
            ? (PacketField.SourceAddress, PacketField.SourcePort)
            : (PacketField.DestinationAddress, PacketField.DestinationPort);
        var changed = view.With(
            (addressField, address ?? view[addressField]),
            (portField, port ?? view[portField]));
        var isChanged = changed[addressField] != view[addressField] || changed[portField] != view[portField];
        if (isChanged)
        {
            var status = view[PacketField.ConnectionStatus];
            if (status.Kind == FieldValueKind.Constant)
            {
                changed = changed.With(PacketField.ConnectionStatus, status.Number | (isSource ? SourceChanged : DestinationChanged));
            }

            changed = ConnectionTuples.Mirror(changed.With(isSource ? changed.Marks with { SourceRule = rule } : changed.Marks with
            {
                DestinationRule = rule,
                MustReroute = true,
            }));
        }

        return state with { View = TranslationStage.Settle(changed, isSource) };
    }
}

/// <summary>Where a translation leads.</summary>
/// <param name="IsSource">Source, else destination.</param>
internal sealed record NatTarget(bool IsSource)
{
    /// <summary>First address.</summary>
    public BitValue? AddressMin { get; init; }

    /// <summary>Last address.</summary>
    public BitValue? AddressMax { get; init; }

    /// <summary>First port.</summary>
    public BitValue? PortMin { get; init; }

    /// <summary>Last port.</summary>
    public BitValue? PortMax { get; init; }

    /// <summary>The port that the first port of a shifted range stands for; <c>null</c> where the range is not shifted.</summary>
    public ushort? BasePort { get; init; }

    /// <summary>Whether ports are always chosen anew.</summary>
    public bool IsRandom { get; init; }
}
