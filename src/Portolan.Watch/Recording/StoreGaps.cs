using System.Globalization;
using Portolan.Store;

namespace Portolan.Watch.Recording;

/// <summary>What an answer may lack: of a log that can be neither shared nor copied, and of a store that was damaged.</summary>
public static class StoreGaps
{
    /// <summary>As facts of the machine formats; none where the store was read whole.</summary>
    public static IReadOnlyList<MissingFact> Of(HistoryStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        var facts = new List<MissingFact>();
        if (store.Gap is { } gap)
        {
            facts.Add(new MissingFact(
                MissingFactCode.StoreLog, $"everything stored after {Time(gap.Since)}",
                $"the store's log {store.Path}-wal can be neither shared nor copied; run it as the owner of the store, or free space in "
                + Path.GetTempPath()));
        }

        if (store.Settings.Salvage is { } salvage)
        {
            facts.Add(new MissingFact(
                MissingFactCode.StoreDamage, $"some of what was stored before {Time(salvage.At)}",
                $"the store was damaged then, and its readable entries were copied; the damaged file is {salvage.File}"));
        }

        return facts;
    }

    /// <summary>The same of a store that cannot be read at all.</summary>
    /// <param name="error">Why it cannot.</param>
    public static MissingFact Of(PortolanException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new MissingFact(
            MissingFactCode.StoreUnread, "the history", error.Hint is { } hint ? $"{error.Message}; {hint}" : error.Message);
    }

    private static string Time(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
}
