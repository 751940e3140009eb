using System.Globalization;

namespace Portolan.Transport;

/// <summary>
/// A TCP sequence number: arithmetic is modulo 2^32 (RFC 9293 section 3.4). The only place where sequence numbers are compared, for a plain
/// comparison of unsigned numbers is wrong where they wrap.
/// </summary>
/// <remarks>
/// One number is before another when it is reached first going forward less than 2^31. This is not a total order (so the type is not
/// <see cref="IComparable{T}"/>): of two numbers exactly 2^31 apart neither is before the other.
/// </remarks>
/// <param name="Value">The 32 bits as on the wire.</param>
internal readonly record struct SequenceNumber(uint Value)
{
    /// <summary>The most that two numbers may lie apart to be compared: 2^31 - 1.</summary>
    public const int MaxDistance = int.MaxValue;

    /// <summary>The number that comes <paramref name="count"/> later.</summary>
    public static SequenceNumber operator +(SequenceNumber number, uint count) => new(unchecked(number.Value + count));

    /// <summary>The number that comes <paramref name="count"/> later, or earlier when that is negative.</summary>
    public static SequenceNumber operator +(SequenceNumber number, int count) => new(unchecked(number.Value + (uint)count));

    /// <summary>The number that comes <paramref name="count"/> earlier.</summary>
    public static SequenceNumber operator -(SequenceNumber number, uint count) => new(unchecked(number.Value - count));

    /// <summary>
    /// How far <paramref name="left"/> lies after <paramref name="right"/>; negative when before. Exactly 2^31 apart:
    /// <see cref="int.MinValue"/> both ways.
    /// </summary>
    public static int operator -(SequenceNumber left, SequenceNumber right) => unchecked((int)(left.Value - right.Value));

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(SequenceNumber left, SequenceNumber right) => right - left > 0;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(SequenceNumber left, SequenceNumber right) => left - right > 0;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/> or is it.</summary>
    public static bool operator <=(SequenceNumber left, SequenceNumber right) => right - left >= 0;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/> or is it.</summary>
    public static bool operator >=(SequenceNumber left, SequenceNumber right) => left - right >= 0;

    /// <summary>The later of two numbers that lie less than 2^31 apart.</summary>
    public static SequenceNumber Later(SequenceNumber left, SequenceNumber right) => left < right ? right : left;

    /// <summary>The earlier of two numbers that lie less than 2^31 apart.</summary>
    public static SequenceNumber Earlier(SequenceNumber left, SequenceNumber right) => right < left ? right : left;

    /// <summary>How many steps lead forward from <paramref name="earlier"/> to this number, 0 to 2^32 - 1.</summary>
    public uint StepsFrom(SequenceNumber earlier) => unchecked(Value - earlier.Value);

    /// <summary>
    /// Whether it is one of the <paramref name="length"/> numbers from <paramref name="start"/> on: RCV.NXT =&lt; SEG.SEQ &lt;
    /// RCV.NXT+RCV.WND (RFC 9293 section 3.10.7.4).
    /// </summary>
    public bool IsIn(SequenceNumber start, uint length) => StepsFrom(start) < length;

    /// <summary>
    /// Whether a segment that takes <paramref name="segmentLength"/> numbers from here on is acceptable in a receive window: the four cases
    /// of RFC 9293 section 3.10.7.4 (table 6).
    /// </summary>
    /// <param name="segmentLength">SEG.LEN, with SYN and FIN.</param>
    /// <param name="next">RCV.NXT.</param>
    /// <param name="window">RCV.WND, below 2^31.</param>
    public bool IsAcceptable(uint segmentLength, SequenceNumber next, uint window) => (segmentLength, window) switch
    {
        (0, 0) => this == next,
        (0, _) => IsIn(next, window),
        (_, 0) => false,
        _ => IsIn(next, window) || (this + (segmentLength - 1)).IsIn(next, window),
    };

    /// <summary>The decimal number.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
