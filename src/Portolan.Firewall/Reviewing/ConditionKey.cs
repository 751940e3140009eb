using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Reviewing;

/// <summary>What a condition tests: two rules that test the same key test the same value of a packet.</summary>
/// <param name="Source">Where the value comes from.</param>
/// <param name="Number">A key of meta or ct, or the base of a payload.</param>
/// <param name="Offset">Bytes from the base.</param>
/// <param name="Bits">Bits of the value; of a payload not part of the key, for a prefix of a field tests the field.</param>
/// <param name="Extra">The direction of a connection's fact, and whether the bytes are swapped.</param>
internal readonly record struct ConditionKey(ConditionSource Source, uint Number, int Offset, int Bits, int Extra)
{
    /// <summary>Bytes of the packet.</summary>
    public static ConditionKey Payload(PayloadBase place, int offset) => new(ConditionSource.Payload, (uint)place, offset, 0, 0);

    /// <summary>A fact about the packet.</summary>
    public static ConditionKey Meta(MetaKey key, int bits) => new(ConditionSource.Meta, (uint)key, 0, bits, 0);

    /// <summary>A fact about the connection.</summary>
    public static ConditionKey Connection(ConnectionKey key, ConnectionDirection? direction, int bits) =>
        new(ConditionSource.Connection, (uint)key, 0, bits, direction is { } known ? (int)known + 1 : 0);
}

/// <summary>Where a tested value comes from.</summary>
internal enum ConditionSource
{
    /// <summary>The packet's bytes.</summary>
    Payload,

    /// <summary>meta.</summary>
    Meta,

    /// <summary>ct.</summary>
    Connection,
}

/// <summary>The values that pass, as numbers of so many bits, network order.</summary>
/// <param name="Values">The values.</param>
/// <param name="Bits">Their width.</param>
internal readonly record struct ConditionValues(IntervalSet Values, int Bits)
{
    /// <summary>The same of a wider value that starts with these bits.</summary>
    public ConditionValues WidenTo(int bits)
    {
        if (bits <= Bits)
        {
            return this;
        }

        var shift = bits - Bits;
        var wide = new List<Interval>();
        foreach (var interval in Values.Intervals)
        {
            wide.Add(new Interval(interval.First << shift, (interval.Last << shift) | ((UInt128.One << shift) - 1)));
        }

        return new ConditionValues(IntervalSet.From(wide), bits);
    }
}
