using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Fields;

/// <summary>The facts about interfaces that rules compare: a name, type, group or kind is a test on the set of their indexes.</summary>
internal sealed class InterfaceCatalog(IReadOnlyList<HostInterface> interfaces)
{
    private const int NameLength = 16;

    /// <summary>The interfaces.</summary>
    public IReadOnlyList<HostInterface> Interfaces { get; } = interfaces;

    /// <summary>
    /// The indexes of the interfaces whose derived field holds; 0, no interface, is one where the field has a value for it.
    /// </summary>
    public IntervalSet IndexesWhere(PacketField field, Func<UInt128, bool> holds)
    {
        var result = new List<Interval>();
        if (IsDefinedWithoutInterface(field) && holds(UInt128.Zero))
        {
            result.Add(new Interval(0, 0));
        }

        foreach (var candidate in Interfaces)
        {
            if (Value(field, candidate) is { } value && holds(value))
            {
                result.Add(new Interval((uint)candidate.Index, (uint)candidate.Index));
            }
        }

        return IntervalSet.From(result);
    }

    /// <summary>The indexes that have the field at all: a load of any other breaks the rule (nft_meta.c).</summary>
    public IntervalSet IndexesWith(PacketField field) => IndexesWhere(field, static _ => true);

    /// <summary>The derived field of the interface with an index, or <c>null</c> when it has none.</summary>
    public UInt128? Value(PacketField field, int index)
    {
        if (index == 0)
        {
            return IsDefinedWithoutInterface(field) ? UInt128.Zero : null;
        }

        foreach (var candidate in Interfaces)
        {
            if (candidate.Index == index)
            {
                return Value(field, candidate);
            }
        }

        return null;
    }

    // Names are empty without an interface; type, group and kind break the rule.
    private static bool IsDefinedWithoutInterface(PacketField field) => field is PacketField.InputName or PacketField.OutputName;

    private static UInt128? Value(PacketField field, HostInterface candidate) => field switch
    {
        PacketField.InputName or PacketField.OutputName => TextNumber(candidate.Name),
        PacketField.InputType or PacketField.OutputType => candidate.HardwareType,
        PacketField.InputGroup or PacketField.OutputGroup => candidate.Group,
        PacketField.InputKind or PacketField.OutputKind => candidate.Kind.Length == 0 ? null : TextNumber(candidate.Kind),
        _ => null,
    };

    /// <summary>Sixteen bytes of text, padded with zeros, as a number.</summary>
    public static UInt128 TextNumber(string text)
    {
        Span<byte> bytes = stackalloc byte[NameLength];
        bytes.Clear();
        var name = KernelText.Bytes(text);
        name.AsSpan(0, Math.Min(name.Length, NameLength)).CopyTo(bytes);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
