using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;

namespace Portolan.Firewall.Replay.Loading;

/// <summary>The raw elements of a set in the order in which they can be added: ends of intervals by ascending keys, the end of one before the start of the next.</summary>
internal static class ElementOrder
{
    private const int ListElements = 3;
    private const int KeyAttribute = 1;
    private const int FlagsAttribute = 3;
    private const int DataValue = 1;

    /// <summary>Each element's attributes.</summary>
    internal static List<ReadOnlyMemory<byte>> Of(ElementSet set)
    {
        var elements = new List<ReadOnlyMemory<byte>>(set.Elements.Count);
        foreach (var message in set.ElementMessages)
        {
            AttributeSlots.TryRead(message, out var attributes);
            var walk = new AttributeWalk(attributes.Bytes(ListElements));
            while (walk.MoveNext())
            {
                elements.Add(walk.Value);
            }
        }

        const SetFlags Kinds = SetFlags.Interval | SetFlags.Concatenation;
        if ((set.Flags & Kinds) == SetFlags.Interval)
        {
            elements.Sort(static (left, right) => Compare(left, right));
        }

        return elements;
    }

    private static int Compare(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right)
    {
        AttributeSlots.TryRead(left, out var first);
        AttributeSlots.TryRead(right, out var second);
        AttributeSlots.TryRead(first.Bytes(KeyAttribute), out var firstKey);
        AttributeSlots.TryRead(second.Bytes(KeyAttribute), out var secondKey);
        var order = firstKey.Span(DataValue).SequenceCompareTo(secondKey.Span(DataValue));
        return order != 0 ? order : (second.UInt32OrZero(FlagsAttribute) & 1).CompareTo(first.UInt32OrZero(FlagsAttribute) & 1);
    }
}
