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

/// <summary>Takes what is old out of a store, and says what went.</summary>
internal static class HistoryPrune
{
    /// <summary>Runs.</summary>
    /// <exception cref="PortolanException">There is no store, or it cannot be written.</exception>
    public static ExitCode Run(PruneRequest request, CommandContext context)
    {
        using var store = request.IsDryRun
            ? StoreOption.OpenForReading(request.Store, context)
            : StoreOption.OpenForChanging(request.Store, context);
        var retention = Retention.Of(store);
        var now = context.Clock.GetUtcNow();
        if (request is { IsDryRun: true, Age: { } limit })
        {
            Say(retention.Count(now - limit), "would go", context);
            return ExitCode.Success;
        }

        if (request.IsAlways)
        {
            store.Begin();
            store.Settings.Keep = new KeepSetting(request.Age, request.Bytes);
            store.Commit();
        }

        if (request.Age is { } age)
        {
            Say(retention.Prune(now - age), "went", context);
        }

        if (request.Bytes is { } bytes)
        {
            Say(retention.PruneTo(bytes), "went", context);
            if (retention.Length > bytes)
            {
                throw new PortolanException(
                    $"what is known of hosts now takes {new ByteSize((ulong)retention.Length)}, more than --max-size",
                    $"allow more, or begin a new store: --store FILE");
            }
        }

        return ExitCode.Success;
    }

    private static void Say(PruneResult result, string went, CommandContext context)
    {
        var what = string.Join(
            ", ", DiffWords.Count(result.Looks, "look"), DiffWords.Count(result.Changes, "change"),
            DiffWords.Count(result.Rows, "row") + " of charts");
        var until = result.Before is { } before ? $" from before {HistoryWords.Time(before, context.Clock.LocalTimeZone)}" : "";
        var size = result.BytesAfter == result.BytesBefore
            ? $"{new ByteSize((ulong)result.BytesBefore)}"
            : $"{new ByteSize((ulong)result.BytesBefore)} → {new ByteSize((ulong)result.BytesAfter)}";
        context.Writer.WriteLine($"{what}{until} {went}; the store has {size}");
        context.Flush();
    }
}
