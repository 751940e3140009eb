namespace Portolan.Scan.Targets;

/// <summary>A range of numbers, both ends included, that an item covers.</summary>
internal readonly record struct CoverSpan(UInt128 First, UInt128 Last, int Item);

/// <summary>
/// Hears one stretch of numbers and the items that cover all of it, in no order. The items are only valid during the call.
/// </summary>
internal delegate void CoverVisitor(UInt128 first, UInt128 last, ReadOnlySpan<int> items);

/// <summary>Cuts overlapping ranges where any of them begins or ends.</summary>
internal static class RangeCover
{
    /// <summary>Calls back for every stretch that is covered, ascending. Sorts <paramref name="spans"/>.</summary>
    /// <remarks>
    /// A sweep: n log n for the sorting, and for each stretch as much as ranges lie over each other there, which is one or two in any real
    /// list of targets.
    /// </remarks>
    /// <param name="spans">The ranges.</param>
    /// <param name="spend">Hears how many ranges a stretch looks at; throws when it was too much.</param>
    /// <param name="visit">Hears the stretches.</param>
    public static void Walk(List<CoverSpan> spans, Action<int> spend, CoverVisitor visit)
    {
        spans.Sort(static (left, right) => left.First.CompareTo(right.First));
        var open = new List<CoverSpan>();
        var items = new List<int>();
        var next = 0;
        var at = UInt128.Zero;
        while (next < spans.Count || open.Count > 0)
        {
            if (open.Count == 0)
            {
                at = spans[next].First;
            }

            for (; next < spans.Count && spans[next].First == at; next++)
            {
                open.Add(spans[next]);
                items.Add(spans[next].Item);
            }

            spend(open.Count);

            // The stretch ends where the first of the open ones ends, or before the next begins.
            var end = open[0].Last;
            foreach (var span in open)
            {
                end = UInt128.Min(end, span.Last);
            }

            if (next < spans.Count && spans[next].First <= end)
            {
                end = spans[next].First - 1;
            }

            visit(at, end, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(items));
            for (var i = open.Count - 1; i >= 0; i--)
            {
                if (open[i].Last == end)
                {
                    open.RemoveAt(i);
                    items.RemoveAt(i);
                }
            }

            // Wraps only after the last number of all, when nothing is left.
            at = unchecked(end + 1);
        }
    }
}
