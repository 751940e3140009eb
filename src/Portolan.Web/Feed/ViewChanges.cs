namespace Portolan.Web.Feed;

/// <summary>What is another between two readings.</summary>
internal static class ViewChanges
{
    /// <summary>How many changes an event names.</summary>
    internal const int Most = 100;

    /// <summary>Whether anything is, counters included.</summary>
    internal static bool Differ(ChartView before, ChartView after) =>
        before.States.Count != after.States.Count || !before.Missing.SequenceEqual(after.Missing)
        || after.States.Any(row => !before.States.TryGetValue(row.Key, out var old) || old != row.Value);

    /// <summary>The ports that are another.</summary>
    internal static IReadOnlyList<ChangeRecord> Between(ChartView before, ChartView after)
    {
        var changes = new List<ChangeRecord>();
        foreach (var (key, state) in after.States)
        {
            var change = !before.States.TryGetValue(key, out var old) ? "port-opened"
                : old.Owner != state.Owner ? "owner-changed"
                : old.Binds != state.Binds ? "bind-changed"
                : old.Exposure != state.Exposure ? "reach-changed"
                : null;
            Add(key, change);
        }

        foreach (var key in before.States.Keys)
        {
            Add(key, after.States.ContainsKey(key) ? null : "port-closed");
        }

        return changes;

        void Add(RowKey key, string? change)
        {
            if (change is not null)
            {
                changes.Add(new ChangeRecord(key.Protocol.Name(), key.Port.Value, change));
            }
        }
    }
}
