using Portolan.Cli.Diffing;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Store;
using Portolan.Store.Tables;
using Portolan.Watch.Recording;

namespace Portolan.Cli.History;

/// <summary>What stays in a store.</summary>
/// <param name="Store">The file.</param>
/// <param name="Age">What is older goes; <c>null</c> for no limit.</param>
/// <param name="Bytes">The most bytes; <c>null</c> for no limit.</param>
/// <param name="IsAlways">Also from now on.</param>
/// <param name="IsDryRun">Only count.</param>
internal sealed record PruneRequest(string Store, TimeSpan? Age, long? Bytes, bool IsAlways, bool IsDryRun);

/// <summary>Takes what is old out of a store, and says what was removed.</summary>
internal static class HistoryPrune
{
    /// <exception cref="PortolanException">There is no store, or it cannot be written.</exception>
    public static ExitCode Run(PruneRequest request, CommandContext context)
    {
        if (request is { IsDryRun: true, Age: { } limit })
        {
            using var store = StoreOption.OpenForReading(request.Store, context);
            Say(Retention.Of(store).Count(context.Clock.GetUtcNow() - limit), "would remove", context);
            return ExitCode.Success;
        }

        try
        {
            using (var store = StoreOption.OpenForChanging(request.Store, context))
            {
                if (Prune(request, store, context))
                {
                    return ExitCode.Success;
                }
            }

            using var shorter = OpenInPlace(request.Store, context);
            Retention.Of(shorter).Shrink();
        }
        catch (PortolanException exception) when (HistoryStore.IsDiskFull(exception))
        {
            using var store = OpenInPlace(request.Store, context);
            Prune(request, store, context);
        }

        return ExitCode.Success;
    }

    private static HistoryStore OpenInPlace(string path, CommandContext context)
    {
        var store = HistoryStore.OpenInPlace(path);
        context.Error.WriteLine(
            $"portolan: no space is left for the log of {TerminalText.Escape(path)}: its file is changed in place; do not interrupt");
        return store;
    }

    // Whether the file became shorter with what was removed.
    private static bool Prune(PruneRequest request, HistoryStore store, CommandContext context)
    {
        var (retention, now) = (Retention.Of(store), context.Clock.GetUtcNow());
        if (request.IsAlways)
        {
            store.Begin();
            store.Settings.Keep = new KeepSetting(request.Age, request.Bytes);
            store.Commit();
            SayAlways(request, context);
        }

        if (request.Age is { } age)
        {
            Say(retention.Prune(now - age), "removed", context);
        }

        if (request.Bytes is { } bytes)
        {
            Say(retention.PruneTo(bytes), "removed", context);
            if (retention.Length > bytes)
            {
                throw new PortolanException(
                    $"the current state of hosts takes {new ByteSize((ulong)retention.Length)}B, more than --max-size",
                    $"raise --max-size, or start a new store: --store FILE");
            }
        }

        return retention.IsShrunk;
    }

    private static void SayAlways(PruneRequest request, CommandContext context)
    {
        var limits = new List<string>();
        if (request.Age is { } age)
        {
            limits.Add($"entries older than {DiffWords.Count((long)age.TotalDays, "day")}");
        }

        if (request.Bytes is { } bytes)
        {
            limits.Add($"the oldest entries above {new ByteSize((ulong)bytes)}B");
        }

        context.Writer.WriteLine(limits.Count == 0
            ? "no limits from now on: nothing is removed unless history prune is run"
            : $"from now on, once a day, when something is stored: {string.Join(", and ", limits)} are removed");
        context.Flush();
    }

    private static void Say(PruneResult result, string removed, CommandContext context)
    {
        var what = new List<string>();
        foreach (var (count, name) in ((long, string)[])[
            (result.Looks, "look"), (result.Changes, "change"), (result.Rows, "chart row")])
        {
            if (count > 0)
            {
                what.Add(DiffWords.Count(count, name));
            }
        }

        var time = result.Before is { } before ? HistoryWords.Time(before, context.Clock.LocalTimeZone) : null;
        var size = result.BytesAfter == result.BytesBefore
            ? $"the store is {new ByteSize((ulong)result.BytesBefore)}B"
            : $"the store was {new ByteSize((ulong)result.BytesBefore)}B and is {new ByteSize((ulong)result.BytesAfter)}B now";
        var head = what.Count > 0 ? $"{removed} {string.Join(", ", what)}{(time is null ? "" : $" from before {time}")}"
            : time is null ? "nothing to remove"
            : $"nothing to remove from before {time}";
        context.Writer.WriteLine($"{head}; {size}");
        context.Flush();
    }
}
