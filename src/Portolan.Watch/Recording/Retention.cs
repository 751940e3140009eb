using Portolan.Store;

namespace Portolan.Watch.Recording;

/// <summary>Takes what is old out of a store, as its setting says.</summary>
public static class Retention
{
    private static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    /// <summary>Of a store.</summary>
    public static StoreRetention Of(HistoryStore store) => new(store, PictureText.ReferencesIn);

    /// <summary>Applies the store's own limits where that was not done for a day.</summary>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public static void ApplyDaily(HistoryStore store, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(store);
        var keep = store.Settings.Keep;
        if (keep is { Age: null, Bytes: null } || now - store.Settings.PrunedAt < Interval)
        {
            return;
        }

        store.Begin();
        store.Settings.PrunedAt = now;
        store.Commit();
        if (keep.Age is { } age)
        {
            Of(store).Prune(now - age);
        }

        if (keep.Bytes is { } bytes)
        {
            Of(store).PruneTo(bytes);
        }
    }
}
