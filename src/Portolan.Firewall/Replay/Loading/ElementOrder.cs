using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;

namespace Portolan.Firewall.Replay.Loading;

/// <summary>
/// The raw elements of a set in the order in which they can be added: ends of intervals by ascending keys, the end of one before the start
/// of the next.
/// </summary>
internal static class ElementOrder
{
    private const int ListElements = 3;
    private const int KeyAttribute = 1;
    private const int FlagsAttribute = 3;
    private const int DataValue = 1;
    private const uint IntervalEnd = 1;

    /// <summary>The elements.</summary>
    internal static List<RawElement> Of(ElementSet set)
    {
        var elements = new List<RawElement>(set.Elements.Count);
        foreach (var message in set.ElementMessages)
        {
            AttributeSlots.TryRead(message, out var attributes);
            var walk = new AttributeWalk(attributes.Bytes(ListElements));
            while (walk.MoveNext())
            {
                elements.Add(Read(walk.Value));
            }
        }

        const SetFlags Kinds = SetFlags.Interval | SetFlags.Concatenation;
        if ((set.Flags & Kinds) == SetFlags.Interval)
        {
            elements.Sort(
                static (left, right) =>
                    left.Key.Span.SequenceCompareTo(right.Key.Span) is var order && order != 0 ? order : right.IsEnd.CompareTo(left.IsEnd));
        }

        return elements;
    }

    private static RawElement Read(ReadOnlyMemory<byte> element)
    {
        AttributeSlots.TryRead(element, out var attributes);
        AttributeSlots.TryRead(attributes.Bytes(KeyAttribute), out var key);
        return new RawElement(element, key.Bytes(DataValue), (attributes.UInt32OrZero(FlagsAttribute) & IntervalEnd) != 0);
    }
}

/// <summary>An element as the kernel gave it.</summary>
/// <param name="Attributes">Its attributes.</param>
/// <param name="Key">The bytes of its key; empty for the element that catches all.</param>
/// <param name="IsEnd">Whether it is the end of an interval.</param>
internal readonly record struct RawElement(ReadOnlyMemory<byte> Attributes, ReadOnlyMemory<byte> Key, bool IsEnd);
