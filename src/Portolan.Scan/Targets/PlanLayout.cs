using Portolan.Model;

namespace Portolan.Scan.Targets;

/// <summary>
/// Turns items, which may overlap, into pieces, which do not: each address belongs to the first item that has it, with the ports of all
/// that have it, unless an exclude has it too.
/// </summary>
/// <remarks>
/// Ranges are cut against each other by a sweep over addresses. A pattern of many ranges (<c>*.*.*.1</c>) is not listed for that: members
/// within a range have numbers that follow each other, so what others take from it are ranges of numbers, and the same sweep runs over
/// its numbers.
/// </remarks>
internal sealed class PlanLayout
{
    /// <summary>Patterns of up to so many ranges are handled as ranges.</summary>
    private const ulong FewRanges = 1024;

    /// <summary>The most spans that one sweep may have: 48 MB. Only patterns that cut each other to pieces come near.</summary>
    public const int MaxSpans = 1 << 20;

    /// <summary>
    /// The most steps of laying out: a second or so. A list without targets that lie over each other takes a few for each.
    /// </summary>
    private const int MaxSteps = 20_000_000;

    private readonly List<TargetItem> _items;
    private readonly PlainTargets _plain;
    private readonly long _ordersPerWord;
    private readonly PortPool _pool;
    private readonly List<Piece> _pieces = [];
    private readonly List<PieceDetail> _details = [];
    private readonly Dictionary<PieceDetail, int> _detailNumbers = [];
    private readonly HashSet<int> _lists = [];
    private int _steps;

    private PlanLayout(List<TargetItem> items, PlainTargets plain, long ordersPerWord, PortPool pool)
    {
        _items = items;
        _plain = plain;
        _ordersPerWord = ordersPerWord;
        _pool = pool;
    }

    /// <summary>Makes the plan.</summary>
    /// <param name="items">Words that are more than addresses of IPv4.</param>
    /// <param name="plain">The other words.</param>
    /// <param name="ordersPerWord">What the number of one of these is multiplied by for its place among all.</param>
    /// <param name="pool">Lists of ports.</param>
    public static TargetPlan Make(List<TargetItem> items, PlainTargets plain, long ordersPerWord, PortPool pool)
    {
        plain.Sort();
        var layout = new PlanLayout(items, plain, ordersPerWord, pool);
        layout.LayOut(isIPv4: true, scope: 0);
        var scopes = new SortedSet<uint>(items.Where(item => !item.IsIPv4 && !item.IsExclude).Select(item => item.Scope));
        foreach (var scope in scopes)
        {
            layout.LayOut(isIPv4: false, scope);
        }

        return new TargetPlan(layout.Sorted(), layout._details, pool);
    }

    private void LayOut(bool isIPv4, uint scope)
    {
        var spans = new List<CoverSpan>(isIPv4 ? Math.Min(_plain.Count + _items.Count, MaxSpans) : 0);
        for (var number = 0; isIPv4 && number < _plain.Count; number = _plain.EndOf(number))
        {
            var (first, last) = _plain.AddressesAt(number);
            Add(spans, new CoverSpan(first, last, ~number));
        }

        var patterns = new List<int>();
        for (var i = 0; i < _items.Count; i++)
        {
            var item = _items[i];
            if (item.IsIPv4 != isIPv4 || !Concerns(item, scope))
            {
                continue;
            }

            if (item.Octets is not { } octets)
            {
                Add(spans, new CoverSpan(item.First, item.Last, i));
            }
            else if (octets.RangeCount <= FewRanges)
            {
                AddRanges(spans, octets, i, 0, octets.Count);
            }
            else
            {
                patterns.Add(i);
            }
        }

        var ranges = patterns.Count > 0 ? spans.ToArray() : [];
        foreach (var pattern in patterns)
        {
            AddWhereOthersAre(spans, pattern, ranges);
        }

        RangeCover.Walk(spans, Spend, (first, last, items) =>
        {
            if (FirstOf(items) is { } owner && !IsPattern(owner))
            {
                Emit(owner, items, isIPv4, scope, null, first, last);
            }
        });

        foreach (var pattern in patterns)
        {
            if (!_items[pattern].IsExclude)
            {
                LayOutPattern(pattern, patterns, ranges);
            }
        }
    }

    // An exclude without a zone holds everywhere; one with a zone there and for targets that name none.
    private static bool Concerns(TargetItem item, uint scope)
        => item.Scope == scope || (item.IsExclude && (item.Scope == 0 || scope == 0));

    private bool IsPattern(int item) => item >= 0 && _items[item].Octets is { RangeCount: > FewRanges };

    // The place of an item among all words. Items below 0 are plain words, with all that name the same addresses.
    private long OrderOf(int item)
    {
        if (item >= 0)
        {
            return _items[item].Order;
        }

        var order = _plain.OrderAt(~item, _ordersPerWord);
        for (var (number, end) = (~item + 1, _plain.EndOf(~item)); number < end; number++)
        {
            order = Math.Min(order, _plain.OrderAt(number, _ordersPerWord));
        }

        return order;
    }

    // The ranges of a pattern within the targets that are ranges, which must know of it.
    private void AddWhereOthersAre(List<CoverSpan> spans, int pattern, CoverSpan[] ranges)
    {
        var octets = _items[pattern].Octets!;
        foreach (var (from, to) in Merged(ranges))
        {
            AddRanges(spans, octets, pattern, octets.CountBelow((uint)from), NumberAfter(octets, (uint)to));
        }
    }

    private List<(UInt128 First, UInt128 Last)> Merged(CoverSpan[] ranges)
    {
        var merged = new List<(UInt128 First, UInt128 Last)>();
        Array.Sort(ranges, static (left, right) => left.First.CompareTo(right.First));
        foreach (var range in ranges)
        {
            if (OrderOf(range.Item) == TargetItem.Excluded)
            {
                continue;
            }

            if (merged.Count > 0 && range.First <= merged[^1].Last)
            {
                merged[^1] = (merged[^1].First, UInt128.Max(merged[^1].Last, range.Last));
            }
            else
            {
                merged.Add((range.First, range.Last));
            }
        }

        return merged;
    }

    // The same sweep, over the numbers of a pattern's members.
    private void LayOutPattern(int pattern, List<int> patterns, CoverSpan[] ranges)
    {
        var octets = _items[pattern].Octets!;
        var spans = new List<CoverSpan> { new(0, octets.Count - 1, pattern) };
        foreach (var range in ranges)
        {
            var (from, to) = (octets.CountBelow((uint)range.First), NumberAfter(octets, (uint)range.Last));
            if (from < to)
            {
                Add(spans, new CoverSpan(from, to - 1, range.Item));
            }
        }

        foreach (var other in patterns)
        {
            Spend(1);
            if (other != pattern && octets.Intersect(_items[other].Octets!) is { } both)
            {
                for (ulong number = 0; number < both.Count;)
                {
                    var end = both.EndOfRange(number);
                    Add(spans, new CoverSpan(octets.CountBelow(both.At(number)), octets.CountBelow(both.At(end)), other));
                    number = end + 1;
                }
            }
        }

        RangeCover.Walk(spans, Spend, (first, last, items) =>
        {
            if (FirstOf(items) == pattern)
            {
                Emit(pattern, items, isIPv4: true, 0, octets, first, last);
            }
        });
    }

    private static ulong NumberAfter(OctetPattern octets, uint address)
        => address == uint.MaxValue ? octets.Count : octets.CountBelow(address + 1);

    private static void AddRanges(List<CoverSpan> spans, OctetPattern octets, int item, ulong number, ulong end)
    {
        while (number < end)
        {
            var last = Math.Min(octets.EndOfRange(number), end - 1);
            Add(spans, new CoverSpan(octets.At(number), octets.At(last), item));
            number = last + 1;
        }
    }

    private static void Add(List<CoverSpan> spans, CoverSpan span)
    {
        if (spans.Count >= MaxSpans)
        {
            throw new PortolanException(
                $"targets and excludes split each other into more than {MaxSpans:N0} ranges",
                $"write octet lists (*.*.*.1) so that they do not overlap, or scan in several runs",
                ExitCode.Usage);
        }

        spans.Add(span);
    }

    private void Spend(int steps)
    {
        _steps += steps;
        if (_steps > MaxSteps)
        {
            throw new PortolanException(
                $"targets and excludes overlap too often: more than {MaxSteps:N0} steps to resolve",
                $"name each address once, or scan in several runs",
                ExitCode.Usage);
        }
    }

    // The item that was named first; null when an exclude is among them.
    private int? FirstOf(ReadOnlySpan<int> items)
    {
        var (first, least) = (items[0], long.MaxValue);
        foreach (var item in items)
        {
            (first, least) = OrderOf(item) is var order && order < least ? (item, order) : (first, least);
        }

        return least == TargetItem.Excluded ? null : first;
    }

    private void Emit(int owner, ReadOnlySpan<int> items, bool isIPv4, uint scope, OctetPattern? octets, UInt128 first, UInt128 last)
    {
        _lists.Clear();
        TargetItem? named = null;
        foreach (var number in items)
        {
            if (number < 0)
            {
                for (var (plain, end) = (~number, _plain.EndOf(~number)); plain < end; plain++)
                {
                    Spend(1);
                    _lists.Add(_plain.PortsAt(plain));
                }

                continue;
            }

            for (var item = _items[number]; item is not null; item = item.Next)
            {
                Spend(1);
                _lists.Add(item.Ports);
                named = item.Name is not null && (named is null || item.Order < named.Order) ? item : named;
            }
        }

        var detail = new PieceDetail(isIPv4, scope, octets, named?.Name, _pool.Union(_lists));
        if (!_detailNumbers.TryGetValue(detail, out var at))
        {
            at = _details.Count;
            _details.Add(detail);
            _detailNumbers.Add(detail, at);
        }

        var count = last - first + 1;
        if (count > ulong.MaxValue)
        {
            throw new PortolanException(
                "the targets are more than 2^64 addresses", $"name smaller IPv6 prefixes: a /104 has 16 million addresses", ExitCode.Usage);
        }

        _pieces.Add(new Piece(OrderOf(owner), first, (ulong)count, at));
    }

    // By word and address, and joined again where only an end of something else had cut them.
    private List<Piece> Sorted()
    {
        _pieces.Sort(
            static (left, right) => left.Order != right.Order ? left.Order.CompareTo(right.Order) : left.First.CompareTo(right.First));
        var kept = 0;
        for (var i = 0; i < _pieces.Count; i++)
        {
            var piece = _pieces[i];
            if (kept > 0 && _pieces[kept - 1] is var before && before.Detail == piece.Detail && before.Order == piece.Order
                && before.First + before.Count == piece.First && (UInt128)before.Count + piece.Count <= ulong.MaxValue)
            {
                _pieces[kept - 1] = before with { Count = before.Count + piece.Count };
            }
            else
            {
                _pieces[kept++] = piece;
            }
        }

        _pieces.RemoveRange(kept, _pieces.Count - kept);
        return _pieces;
    }
}
