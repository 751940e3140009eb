using System.Globalization;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>Writes the elements of a set.</summary>
internal sealed class ElementWriter(ElementSet set, ElementLayout layout, RuleTextOptions options, int depth)
{
    private readonly List<string> _texts = [];
    private bool _areLoadable = true;

    /// <summary>Writes all, in the order of their keys where they are intervals.</summary>
    public (IReadOnlyList<string> Texts, bool AreLoadable) Write()
    {
        if (set.Flags.HasFlag(SetFlags.Interval) && layout.Key.Count == 1 && set.Fields.Count == 0)
        {
            WriteIntervals();
        }
        else
        {
            foreach (var element in set.Elements)
            {
                if (!Add(element, element.Flags.HasFlag(SetElementFlags.CatchAll) ? "*" : Concatenation(element)))
                {
                    break;
                }
            }
        }

        return (_texts, _areLoadable);
    }

    // The kernel keeps where intervals begin, and where the next number is that is outside.
    private void WriteIntervals()
    {
        var sorted = set.Elements.Where(e => !e.Flags.HasFlag(SetElementFlags.CatchAll)).ToArray();
        Array.Sort(sorted, static (a, b) =>
        {
            var order = a.Key.Span.SequenceCompareTo(b.Key.Span);
            return order != 0
                ? order
                : b.Flags.HasFlag(SetElementFlags.IntervalEnd).CompareTo(a.Flags.HasFlag(SetElementFlags.IntervalEnd));
        });
        foreach (var element in set.Elements)
        {
            if (element.Flags.HasFlag(SetElementFlags.CatchAll))
            {
                Add(element, "*");
            }
        }

        for (var i = 0; i < sorted.Length; i++)
        {
            if (sorted[i].Flags.HasFlag(SetElementFlags.IntervalEnd))
            {
                continue;
            }

            var first = sorted[i].Key.Span;
            _areLoadable &= layout.Key[0].Type.CanWrite(first);
            byte[] last;
            if (!sorted[i].KeyEnd.IsEmpty)
            {
                last = sorted[i].KeyEnd.ToArray();
            }
            else if (i + 1 < sorted.Length)
            {
                last = ByteText.Bytes(ByteText.Number(sorted[i + 1].Key.Span) - 1, first.Length);
            }
            else
            {
                last = new byte[first.Length];
                Array.Fill(last, (byte)0xff);
            }

            // nft makes a comparison of a set with one element; of two halves it makes one interval again.
            if (options.ShowsState && sorted.Length <= 3 && set.Flags.HasFlag(SetFlags.Anonymous) && !set.Flags.HasFlag(SetFlags.Map)
                && sorted.Count(e => !e.Flags.HasFlag(SetElementFlags.IntervalEnd)) == 1 && !first.SequenceEqual(last)
                && layout.Key[0] is { Shift: 0, Type: not TextType })
            {
                var low = ByteText.Number(first);
                var middle = low + ((ByteText.Number(last) - low) / 2);
                Add(sorted[i], Range(layout.Key[0].Type, first, ByteText.Bytes(middle, first.Length)));
                Add(sorted[i], Range(layout.Key[0].Type, ByteText.Bytes(middle + 1, first.Length), last));
                continue;
            }

            if (!Add(sorted[i], Range(layout.Key[0].Type, Shifted(first), Shifted(last))))
            {
                break;
            }
        }
    }

    private ReadOnlySpan<byte> Shifted(ReadOnlySpan<byte> key) =>
        layout.Key[0].Shift == 0 ? key : ByteText.Bytes(ByteText.Number(key) >> layout.Key[0].Shift, key.Length);

    private string Concatenation(SetElement element)
    {
        var texts = new string[layout.Key.Count];
        var at = 0;
        for (var i = 0; i < texts.Length; i++)
        {
            var part = layout.Key[i];
            var first = Slice(element.Key.Span, at, part);
            _areLoadable &= part.Type.CanWrite(first);
            texts[i] = element.KeyEnd.IsEmpty
                ? part.Type.FormatElement(first)
                : Range(part.Type, first, Slice(element.KeyEnd.Span, at, part));
            at += ElementPart.Padded(part.Length);
        }

        return string.Join(" . ", texts);
    }

    private static byte[] Slice(ReadOnlySpan<byte> bytes, int at, ElementPart part)
    {
        var start = Math.Min(at, bytes.Length);
        var slice = ByteText.ToNetwork(bytes.Slice(start, Math.Min(part.Length, bytes.Length - start)), part.IsHostOrder);
        return part.Shift == 0 ? slice : ByteText.Bytes(ByteText.Number(slice) >> part.Shift, slice.Length);
    }

    private static string Range(DataType type, ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        if (first.SequenceEqual(last))
        {
            return type.FormatElement(first);
        }

        var prefix = ByteText.PrefixLength(first, last);
        return type switch
        {
            TextType when prefix is { } bits && bits % 8 == 0 => TextType.FormatWildcard(first[..(bits / 8)]),
            { HasPrefixes: true } when prefix is { } bits => string.Create(CultureInfo.InvariantCulture, $"{type.Format(first)}/{bits}"),
            _ => type.FormatRange(first, last),
        };
    }

    /// <summary>Adds one; <c>false</c> when there are enough.</summary>
    private bool Add(SetElement element, string key)
    {
        if (_texts.Count == options.MaxElements)
        {
            _texts.Add("…");
            _areLoadable = false;
            return false;
        }

        var extra = element.Extra;
        if (extra is null)
        {
            _texts.Add(key);
            return true;
        }

        foreach (var expression in extra.Expressions)
        {
            var text = StatefulText.Of(expression, options);
            _areLoadable &= text is not null;
            key += $" {text ?? expression.KernelName}";
        }

        if (extra.TimeoutMilliseconds is { } timeout && timeout != set.TimeoutMilliseconds)
        {
            key += $" timeout {DurationText.Format(timeout)}";
        }

        if (options.ShowsState && extra.ExpirationMilliseconds is { } left)
        {
            key += $" expires {DurationText.Format(left)}";
        }

        if (extra.Comment is { Length: > 0 } comment)
        {
            key += $" comment {QuotedText.Of(comment)}";
            _areLoadable &= QuotedText.CanHold(comment);
        }

        _texts.Add(key + Data(extra));
        return true;
    }

    private string Data(SetElementExtra extra)
    {
        if (extra.Verdict is { } verdict)
        {
            _areLoadable &= VerdictText.IsLoadable(verdict);
            return $" : {VerdictText.Of(verdict)}";
        }

        if (extra.ObjectName is { } name)
        {
            return $" : {QuotedText.Of(name)}";
        }

        if (extra.Data.IsEmpty || layout.Data.Count == 0 || depth > RuleWriter.MostDepth)
        {
            return "";
        }

        var texts = new string[layout.Data.Count];
        var at = 0;
        var total = layout.Data.Sum(p => layout.Data.Count == 1 ? p.Length : ElementPart.Padded(p.Length));
        for (var i = 0; i < texts.Length; i++)
        {
            var part = layout.Data[i];
            var first = Slice(extra.Data.Span, at, part);
            _areLoadable &= part.Type.CanWrite(first);

            // A map of ranges holds the first values, and behind them the last ones.
            texts[i] = extra.Data.Length >= 2 * total
                ? Range(part.Type, first, Slice(extra.Data.Span, at + total, part))
                : part.Type.FormatElement(first);
            at += ElementPart.Padded(part.Length);
        }

        return $" : {string.Join(" . ", texts)}";
    }
}
