using Portolan.Sockets.Chart;

namespace Portolan.Web.Feed;

/// <summary>What is another between two readings, found port by port. Nothing is copied: readings may have many rows.</summary>
internal sealed class ViewChanges
{
    /// <summary>How many changes an event names.</summary>
    internal const int Most = 100;

    private readonly List<PortChangeRecord> _named = [];

    private ViewChanges()
    {
    }

    /// <summary>Whether anything is another, counters included.</summary>
    internal bool Any { get; private set; }

    /// <summary>The first of the ports that are another, at most <see cref="Most"/>.</summary>
    internal IReadOnlyList<PortChangeRecord> Named => _named;

    /// <summary>How many more there are.</summary>
    internal int Omitted { get; private set; }

    /// <summary>Compares two readings.</summary>
    internal static ViewChanges Between(ChartView before, ChartView after)
    {
        var changes = new ViewChanges { Any = !before.Missing.SequenceEqual(after.Missing) };
        var (old, now) = (before.ByPort, after.ByPort);
        for (var (i, j) = (0, 0); i < old.Count || j < now.Count;)
        {
            var port = Math.Min(PortAt(old, i), PortAt(now, j));
            var (firstOld, firstNow) = (i, j);
            while (PortAt(old, i) == port)
            {
                i++;
            }

            while (PortAt(now, j) == port)
            {
                j++;
            }

            if (i - firstOld == 1 && j - firstNow == 1)
            {
                changes.Compare(before.RowAt(old[firstOld]), after.RowAt(now[firstNow]));
            }
            else
            {
                changes.Compare(
                    [.. old.Skip(firstOld).Take(i - firstOld).Select(before.RowAt)],
                    [.. now.Skip(firstNow).Take(j - firstNow).Select(after.RowAt)]);
            }
        }

        return changes;
    }

    private static ulong PortAt(IReadOnlyList<ulong> numbers, int index) =>
        index < numbers.Count ? ChartView.PortOf(numbers[index]) : ulong.MaxValue;

    // Two owners of one port are two rows: the first is that of the port, others are named by their owner.
    private void Compare(List<ChartRow> before, List<ChartRow> after)
    {
        foreach (var row in after)
        {
            var at = before.Count == 0 ? -1
                : ReferenceEquals(row, after[0]) ? 0
                : before.FindIndex(old => HasSameOwner(old, row));
            if (at < 0)
            {
                Add(row, "port-opened");
            }
            else
            {
                Compare(before[at], row);
                before.RemoveAt(at);
            }
        }

        before.ForEach(row => Add(row, "port-closed"));
    }

    private void Compare(ChartRow before, ChartRow after)
    {
        var change = !HasSameOwner(before, after) ? "owner-changed"
            : !before.Binds.SequenceEqual(after.Binds) ? "bind-changed"
            : before.Exposure != after.Exposure ? "reach-changed"
            : null;
        if (change is not null)
        {
            Add(after, change);
        }

        Any |= before.Connections != after.Connections || before.BytesIn != after.BytesIn || before.BytesOut != after.BytesOut;
    }

    private void Add(ChartRow row, string change)
    {
        Any = true;
        if (_named.Count < Most)
        {
            _named.Add(new PortChangeRecord(row.Protocol.Name(), row.Port.Value, change));
        }
        else
        {
            Omitted++;
        }
    }

    private static bool HasSameOwner(ChartRow before, ChartRow after)
    {
        var (old, now) = (before.Owner, after.Owner);
        return ReferenceEquals(old, now)
            || (old.Kind == now.Kind && old.Main?.Pid == now.Main?.Pid && old.Grade == now.Grade && old.Name.Length > 0
                && old.Name == now.Name)
            || old.InSentence == now.InSentence;
    }
}
