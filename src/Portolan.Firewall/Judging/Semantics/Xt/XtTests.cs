using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Tests that several matches share.</summary>
internal static class XtTests
{
    /// <summary>A port between two.</summary>
    public static void Port(RuleBuilder rule, PacketField field, PortSpan span)
    {
        if (!span.IsAny)
        {
            rule.Tests.Field(field, FieldCondition.In(IntervalSet.Of(span.First, span.Last)), span.IsInverted);
        }
    }

    /// <summary>Bits of an address.</summary>
    public static void Address(RuleBuilder rule, PacketField field, AddressMask mask)
    {
        var width = rule.Context.Width(field);
        if (mask.Mask.Number == 0 && mask.Address.Number == 0 && !mask.IsInverted)
        {
            return;
        }

        var (bits, value) = (mask.Mask.Number & BitSegment.Ones(width), mask.Address.Number & BitSegment.Ones(width));

        // Bits outside of the mask can never be equal.
        var condition = (value & ~bits) != 0 ? FieldCondition.In(IntervalSet.Empty) : FieldCondition.Bits(bits, value, width);
        rule.Tests.Field(field, condition, mask.IsInverted);
    }

    /// <summary>The name of an interface.</summary>
    public static void Interface(RuleBuilder rule, PacketField field, InterfacePattern pattern)
    {
        if (pattern.IsAny)
        {
            return;
        }

        var first = InterfaceCatalog.TextNumber(pattern.Name);
        var free = pattern.IsPrefix ? 128 - (8 * KernelText.Bytes(pattern.Name).Length) : 0;
        var last = first | BitSegment.Ones(Math.Max(free, 0));
        rule.Tests.Field(field, FieldCondition.In(IntervalSet.Of(first, last)), pattern.IsInverted);
    }

    /// <summary>Bits of a mark.</summary>
    public static void Mark(RuleBuilder rule, PacketField field, uint mark, uint mask, bool isInverted)
    {
        var condition = (mark & ~mask) != 0 ? FieldCondition.In(IntervalSet.Empty) : FieldCondition.Bits(mask, mark, 32);
        rule.Tests.Field(field, condition, isInverted);
    }

    /// <summary>That there is a connection.</summary>
    public static void Connection(RuleBuilder rule, bool isInverted = false) =>
        rule.Tests.Field(PacketField.HasConnection, FieldCondition.In(IntervalSet.Of(1)), isInverted);

    /// <summary>Any of these states of the connection, or of the packet without one.</summary>
    public static void States(RuleBuilder rule, ConnectionStates states, bool isInverted)
    {
        const ConnectionStates plain = ConnectionStates.Invalid | ConnectionStates.Established | ConnectionStates.Related
            | ConnectionStates.New;
        var numbers = new List<Interval>();
        for (var bit = 1u; bit <= (uint)ConnectionStates.New; bit <<= 1)
        {
            if (((uint)(states & plain) & bit) != 0)
            {
                numbers.Add(new Interval(bit, bit));
            }
        }

        if ((states & ConnectionStates.Untracked) != 0)
        {
            numbers.Add(new Interval((uint)ConnectionState.Untracked, (uint)ConnectionState.Untracked));
        }

        var condition = FieldCondition.In(IntervalSet.From(numbers));
        var status = ((states & ConnectionStates.SourceTranslated) != 0 ? 0x10u : 0)
            | ((states & ConnectionStates.DestinationTranslated) != 0 ? 0x20u : 0);
        if (status == 0)
        {
            rule.Tests.Field(PacketField.ConnectionState, condition, isInverted);
            return;
        }

        rule.AnyOf(
            isInverted,
            () => rule.Tests.Field(PacketField.ConnectionState, condition, isInverted: false),
            () =>
            {
                Connection(rule);
                rule.Tests.Field(PacketField.ConnectionStatus, FieldCondition.Bits(status, 0, 32), isInverted: true);
            });
    }

    /// <summary>The translation that a range means.</summary>
    public static NatTarget Target(RuleBuilder rule, NatRange range, bool isSource)
    {
        const uint random = 4 | 16;
        const uint mapsNetworks = 64;
        var length = rule.Context.IsIPv4 ? 4 : 16;
        BitValue Address(InternetAddress address) => (range.Flags & mapsNetworks) != 0
            ? BitValue.Unknown(length, "it maps one network to another")
            : new(BitSegment.Constant(address.Number & BitSegment.Ones(length * 8), length * 8));
        BitValue Port(ushort port) => new(BitSegment.Constant(port, 16));
        return new NatTarget(isSource)
        {
            AddressMin = range.HasAddresses ? Address(range.First) : null,
            AddressMax = range.HasAddresses ? Address(range.Last) : null,
            PortMin = range.HasPorts ? Port(range.FirstPort) : null,
            PortMax = range.HasPorts ? Port(range.LastPort) : null,
            IsRandom = (range.Flags & random) != 0,
            BasePort = range.IsShifted ? range.BasePort : null,
        };
    }
}
