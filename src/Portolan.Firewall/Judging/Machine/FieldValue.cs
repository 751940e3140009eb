namespace Portolan.Firewall.Judging.Machine;

/// <summary>What a field of a packet is at one point of its way.</summary>
internal enum FieldValueKind : byte
{
    /// <summary>One number.</summary>
    Constant,

    /// <summary>What the sender chose: a dimension of the packet space.</summary>
    Open,

    /// <summary>One of several numbers, and nobody knows which: both sides of a test are possible for the same packet.</summary>
    Choice,
}

/// <summary>What a field of a packet is at one point of its way.</summary>
/// <param name="Kind">How much is known.</param>
/// <param name="Number">A constant's number; of an open one its dimension.</param>
/// <param name="Domain">Of a choice: the possible numbers.</param>
/// <param name="Why">Of a choice: why it is not known.</param>
internal readonly record struct FieldValue(FieldValueKind Kind, UInt128 Number, IntervalSet? Domain, string? Why)
{
    public static FieldValue Constant(UInt128 number) => new(FieldValueKind.Constant, number, null, null);

    public static FieldValue Open(Fields.PacketField dimension) => new(FieldValueKind.Open, (uint)dimension, null, null);

    public static FieldValue Choice(IntervalSet domain, string why) =>
        domain.Count == 1 && domain.Intervals[0].First == domain.Intervals[0].Last
            ? Constant(domain.Intervals[0].First)
            : new(FieldValueKind.Choice, 0, domain, why);

    /// <summary>The dimension of an open one.</summary>
    public int Dimension => (int)Number;

    /// <inheritdoc/>
    public bool Equals(FieldValue other) =>
        Kind == other.Kind && Number == other.Number && ReferenceEquals(Why, other.Why)
        && (ReferenceEquals(Domain, other.Domain) || (Domain is not null && Domain.Equals(other.Domain)));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Number);
}
