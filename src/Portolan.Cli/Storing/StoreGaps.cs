using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Store;
using Portolan.Store.Files;

namespace Portolan.Cli.Storing;

/// <summary>What an answer lacks because the log of the store can be neither shared nor copied.</summary>
internal static class StoreGaps
{
    /// <summary>As facts of the machine formats; none where the store was read whole.</summary>
    public static IReadOnlyList<MissingFact> Of(HistoryStore store) => store.Gap is { } gap
        ? [new MissingFact(MissingFactCode.StoreLog, What(gap), Why(store))]
        : [];

    /// <summary>Says it on stderr.</summary>
    public static void Say(HistoryStore store, CommandContext context)
    {
        if (store.Gap is { } gap)
        {
            context.Error.WriteLine($"portolan: missing: {TerminalText.Escape($"{What(gap)}: {Why(store)}")}");
        }
    }

    /// <summary>What is missing.</summary>
    public static string What(StoreGap gap) => string.Create(
        CultureInfo.InvariantCulture, $"everything stored after {gap.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");

    private static string Why(HistoryStore store) =>
        $"the store's log {store.Path}-wal can be neither shared nor copied; ask as the owner of the store, or make room in "
        + Path.GetTempPath();
}
