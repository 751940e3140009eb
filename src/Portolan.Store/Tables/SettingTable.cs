using System.Globalization;
using Portolan.Store.Files;

namespace Portolan.Store.Tables;

/// <summary>What a store keeps: for how long, and how much.</summary>
/// <param name="Age">What is older goes; <c>null</c> for no limit.</param>
/// <param name="Bytes">The most bytes; <c>null</c> for no limit.</param>
public sealed record KeepSetting(TimeSpan? Age, long? Bytes);

/// <summary>That the store has what could be read of a damaged one.</summary>
/// <param name="At">When it was copied; what is later is whole.</param>
/// <param name="File">What the damaged file is called since.</param>
public sealed record SalvageRecord(DateTimeOffset At, string File);

/// <summary>Facts of the store itself.</summary>
public sealed class SettingTable
{
    private readonly StoreConnection _store;

    internal SettingTable(StoreConnection store) => _store = store;

    /// <summary>What is kept, applied once a day; no limits by default.</summary>
    public KeepSetting Keep
    {
        get => new(
            Number("keep-seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : null, Number("keep-bytes"));
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Set("keep-seconds", (long?)value.Age?.TotalSeconds);
            Set("keep-bytes", value.Bytes);
        }
    }

    /// <summary>When old looks were taken out last by themselves; <c>null</c> for never.</summary>
    public DateTimeOffset? PrunedAt
    {
        get => Time("pruned-at");
        set => Set("pruned-at", value?.ToUnixTimeMilliseconds());
    }

    /// <summary>The damaged store that this one goes on from; <c>null</c> where there was none, or nothing of it is left.</summary>
    public SalvageRecord? Salvage
    {
        get => Time("salvaged-at") is { } at ? new SalvageRecord(at, Text("salvaged-from") ?? "") : null;
        set
        {
            Set("salvaged-at", value?.At.ToUnixTimeMilliseconds());
            Set("salvaged-from", value?.File);
        }
    }

    /// <summary>When a large store was checked last.</summary>
    internal DateTimeOffset? CheckedAt
    {
        get => Time("checked-at");
        set => Set("checked-at", value?.ToUnixTimeMilliseconds());
    }

    private DateTimeOffset? Time(string name) => Number(name) is { } at and > -StoreShape.FirstAfterTime and < StoreShape.FirstAfterTime
        ? DateTimeOffset.FromUnixTimeMilliseconds(at)
        : null;

    private long? Number(string name) => long.TryParse(Text(name), CultureInfo.InvariantCulture, out var number) ? number : null;

    private string? Text(string name) =>
        _store.Read("SELECT value FROM setting WHERE name = $1", [name], static row => row.Text(0)) is [var found] ? found : null;

    private void Set(string name, long? value) => Set(name, value?.ToString(CultureInfo.InvariantCulture));

    private void Set(string name, string? value)
    {
        if (value is not null)
        {
            _store.Run("INSERT OR REPLACE INTO setting(name, value) VALUES ($1, $2)", name, value);
        }
        else
        {
            _store.Run("DELETE FROM setting WHERE name = $1", name);
        }
    }
}
