namespace Portolan.Firewall.Judging.Machine;

/// <summary>What a field of a packet is at one point of its way.</summary>
internal enum FieldValueKind : byte
{
    /// <summary>One number.</summary>
    Constant,

    /// <summary>What the sender chose: a dimension of the packet space.</summary>
    Open,

    /// <summary>One of several numbers, and it is unknown which: both sides of a test are possible for the same packet.</summary>
    Choice,
}

/// <summary>
/// What a field of a packet is at one point of its way. Every view of a packet has some fifty of them: they are kept small.
/// </summary>
/// <param name="Kind">How much is known.</param>
/// <param name="Number">A constant's number; of an open one its dimension.</param>
/// <param name="Possible">Of a choice: what it may be.</param>
internal readonly record struct FieldValue(FieldValueKind Kind, UInt128 Number, FieldChoice? Possible)
{
    /// <summary>Whether it is the port that was asked about, and another in a query for another port.</summary>
    public bool IsAsked { get; private init; }

    public static FieldValue Asked(ushort port) => Constant(port) with { IsAsked = true };

    public static FieldValue Constant(UInt128 number) => new(FieldValueKind.Constant, number, null);

    public static FieldValue Open(Fields.PacketField dimension) => new(FieldValueKind.Open, (uint)dimension, null);

    public static FieldValue Choice(IntervalSet domain, string why) =>
        domain.Count == 1 && domain.Intervals[0].First == domain.Intervals[0].Last
            ? Constant(domain.Intervals[0].First)
            : new(FieldValueKind.Choice, 0, new FieldChoice(domain, why));

    /// <summary>One of the numbers of a choice that are among these.</summary>
    public FieldValue Among(IntervalSet part)
    {
        var (value, topic) = (Choice(part, Why!), Possible!.Topic);
        return topic == QuestionTopic.Other || value.Possible is null ? value : value.About(topic);
    }

    /// <summary>The same, where a question about it is of a topic.</summary>
    public FieldValue About(QuestionTopic topic) => this with { Possible = Possible! with { Topic = topic } };

    /// <summary>The dimension of an open one.</summary>
    public int Dimension => (int)Number;

    /// <summary>Of a choice: the possible numbers.</summary>
    public IntervalSet? Domain => Possible?.Domain;

    /// <summary>Of a choice: why it is not known.</summary>
    public string? Why => Possible?.Why;

    /// <inheritdoc/>
    public bool Equals(FieldValue other) =>
        Kind == other.Kind && Number == other.Number
        && (ReferenceEquals(Possible, other.Possible)
            || (Possible is { } a && other.Possible is { } b && ReferenceEquals(a.Why, b.Why) && a.Domain.Equals(b.Domain)));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Number);
}

/// <summary>What a field may be, and why it is unknown which.</summary>
/// <param name="Domain">The possible numbers.</param>
/// <param name="Why">Why it is not known.</param>
internal sealed record FieldChoice(IntervalSet Domain, string Why)
{
    /// <summary>What a question about it is about.</summary>
    public QuestionTopic Topic { get; init; }
}
