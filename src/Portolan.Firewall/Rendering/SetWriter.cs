using System.Globalization;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;

namespace Portolan.Firewall.Rendering;

/// <summary>Writes the declaration of a named set or map with its elements.</summary>
internal sealed class SetWriter(ElementSet set, RuleTextOptions options)
{
    // NFTA_SET_*.
    private const int PolicyAttribute = 8;
    private const int CollectionInterval = 12;
    private const int UserDataAttribute = 13;

    // NFTNL_UDATA_SET_* (libnftnl/udata.h).
    private const byte KeyByteOrder = 0;
    private const byte AutoMerge = 2;
    private const byte BigEndian = 2;

    private readonly List<string> _lines = [];

    /// <summary>The lines; <c>null</c> where nft has no words for its types.</summary>
    public IReadOnlyList<string>? Write()
    {
        AttributeSlots.TryRead(set.Attributes, out var attributes);
        var userData = attributes.Span(UserDataAttribute);
        var isMap = set.Flags.HasFlag(SetFlags.Map) || set.Flags.HasFlag(SetFlags.ObjectMap);
        if (Layout(userData) is not { } layout || TypeLine(layout) is not { } type
            || set.Comment is { } comment && !QuotedText.CanHold(comment))
        {
            return null;
        }

        _lines.Add($"{(isMap ? "map" : "set")} {QuotedText.Name(set.Name)} {{");
        Line(type);
        if (attributes.UInt32OrZero(PolicyAttribute) == 1)
        {
            Line("policy memory");
        }

        AddFlags();
        if (set.TimeoutMilliseconds is { } timeout)
        {
            Line($"timeout {DurationText.Format(timeout)}");
        }

        if (attributes.UInt32OrZero(CollectionInterval) is var interval and not 0)
        {
            Line($"gc-interval {DurationText.Format(interval)}");
        }

        if (set.Size is { } size)
        {
            Line(string.Create(CultureInfo.InvariantCulture, $"size {size}"));
        }

        foreach (var expression in set.Expressions)
        {
            if (StatefulText.Of(expression, RuleTextOptions.ForReading) is not { } text)
            {
                return null;
            }

            Line(text);
        }

        if (UserData.Number(userData, AutoMerge) is > 0)
        {
            Line("auto-merge");
        }

        if (set.Comment is { Length: > 0 } words)
        {
            Line($"comment {QuotedText.Of(words)}");
        }

        return AddElements(layout) ? [.. _lines, "}"] : null;
    }

    private void Line(string text) => _lines.Add($"\t{text}");

    private void AddFlags()
    {
        var flags = new List<string>();
        Add(flags, SetFlags.Constant, "constant");
        Add(flags, SetFlags.Interval, "interval");
        Add(flags, SetFlags.Timeout, "timeout");
        Add(flags, SetFlags.Evaluated, "dynamic");
        if (flags.Count > 0)
        {
            Line($"flags {string.Join(',', flags)}");
        }
    }

    private void Add(List<string> flags, SetFlags flag, string word)
    {
        if (set.Flags.HasFlag(flag))
        {
            flags.Add(word);
        }
    }

    private bool AddElements(ElementLayout layout)
    {
        var (texts, areLoadable) = new ElementWriter(set, layout, options, 0).Write();
        if (texts.Count > 0)
        {
            Line($"elements = {{ {string.Join(",\n\t\t\t     ", texts)} }}");
        }

        return areLoadable;
    }

    private ElementLayout? Layout(ReadOnlySpan<byte> userData)
    {
        if (DataTypes.Parts(set.KeyType) is not { } types)
        {
            return null;
        }

        // Numbers without a type of their own are kept in the order of what they were declared like; ranges always in network order.
        var isBigEndian = UserData.Number(userData, KeyByteOrder) == BigEndian;
        var isRanges = set.Flags.HasFlag(SetFlags.Interval);
        if (types.Count == 1)
        {
            var isHostOrder = !isRanges && (types[0].Length > 0 ? types[0].IsHostOrder : types[0] != DataTypes.Text && !isBigEndian);
            return new ElementLayout([new ElementPart(types[0], set.KeyLength, isHostOrder)], ElementLayout.DataOf(set, null));
        }

        if (types.Any(t => t.Length == 0))
        {
            return null;
        }

        return new ElementLayout(
            [.. types.Select(t => new ElementPart(t, t.Length, t.IsHostOrder && !isRanges))], ElementLayout.DataOf(set, null));
    }

    private string? TypeLine(ElementLayout layout)
    {
        string? data = null;
        if (set.Flags.HasFlag(SetFlags.ObjectMap))
        {
            data = ObjectType(set.ObjectKind);
        }
        else if (set.Flags.HasFlag(SetFlags.Map))
        {
            data = layout.Data.Count == 0
                ? "verdict"
                : layout.Data.All(p => p.Type.Length > 0) ? string.Join(" . ", layout.Data.Select(p => p.Type.Name)) : null;
            var total = layout.Data.Sum(p => layout.Data.Count == 1 ? p.Length : ElementPart.Padded(p.Length));
            data = data is not null && layout.Data.Count > 0 && set.DataLength >= 2 * total ? $"interval {data}" : data;
        }

        if ((set.Flags & (SetFlags.Map | SetFlags.ObjectMap)) != 0 && data is null)
        {
            return null;
        }

        var value = data is null ? "" : $" : {data}";
        if (layout.Key is [{ Type.Length: 0 } number])
        {
            // nft takes such a number only by the name of something that has it.
            return number.Type == DataTypes.Integer && Sample(number) is { } sample && (data is null or "verdict")
                ? $"typeof {sample}{value}"
                : null;
        }

        return $"type {string.Join(" . ", layout.Key.Select(p => p.Type.Name))}{value}";
    }

    private static string? Sample(ElementPart number) => (number.Length, number.IsHostOrder) switch
    {
        (1, _) => "ip ttl",
        (2, false) => "ip length",
        (2, true) => "ct zone",
        (4, false) => "tcp sequence",
        (4, true) => "meta length",
        (8, true) => "ct bytes",
        _ => null,
    };

    private static string? ObjectType(ObjectKind kind) => kind switch
    {
        ObjectKind.Counter => "counter",
        ObjectKind.Quota => "quota",
        ObjectKind.Limit => "limit",
        ObjectKind.SynProxy => "synproxy",
        ObjectKind.ConnectionHelper => "ct helper",
        ObjectKind.ConnectionTimeout => "ct timeout",
        ObjectKind.ConnectionExpectation => "ct expectation",
        ObjectKind.SecurityMark => "secmark",
        _ => null,
    };
}
