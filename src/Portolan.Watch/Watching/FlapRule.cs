using Portolan.Watch.Changes;
using Portolan.Watch.Recording;

namespace Portolan.Watch.Watching;

/// <summary>
/// A port that opens and closes again and again is an event at its fifth change within an hour, at its tenth, at its twentieth and so on,
/// with how many there were. All changes stay in the store, from which this follows: it is the same for every reader, also later.
/// </summary>
public static class FlapRule
{
    /// <summary>How long changes are counted.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private const long First = 5;

    /// <summary>The events that changes are.</summary>
    /// <param name="reader">The store that the changes are of.</param>
    /// <param name="changes">The changes.</param>
    public static IEnumerable<WatchEvent> Events(HistoryReader reader, IEnumerable<StoredChange> changes)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(changes);
        foreach (var change in changes)
        {
            if (WatchEvent.Of(change) is not { } found)
            {
                continue;
            }

            var count = change.Change.Kind is ChangeKind.Opened or ChangeKind.Closed ? reader.CountOpenings(change.Id, Window) : 1;
            if (count < First)
            {
                yield return found;
            }
            else if (IsSaid(count))
            {
                yield return found with { Count = count };
            }
        }
    }

    private static bool IsSaid(long count) => count % First == 0 && long.IsPow2(count / First);
}
