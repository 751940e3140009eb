using System.Globalization;
using Portolan.Store.Files;

namespace Portolan.Store.Tables;

/// <summary>What a store keeps: for how long, and how much.</summary>
/// <param name="Age">What is older goes; <c>null</c> for no limit.</param>
/// <param name="Bytes">The most bytes; <c>null</c> for no limit.</param>
public sealed record KeepSetting(TimeSpan? Age, long? Bytes);

/// <summary>Facts of the store itself.</summary>
public sealed class SettingTable
{
    private readonly StoreConnection _store;

    internal SettingTable(StoreConnection store) => _store = store;

    /// <summary>What is kept, applied once a day; no limits where nobody set any.</summary>
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
        get => Number("pruned-at") is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
        set => Set("pruned-at", value?.ToUnixTimeMilliseconds());
    }

    private long? Number(string name)
    {
        var found = _store.Read("SELECT value FROM setting WHERE name = $1", [name], static row => row.Text(0));
        return found.Count > 0 && long.TryParse(found[0], CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private void Set(string name, long? value)
    {
        if (value is { } number)
        {
            _store.Run("INSERT OR REPLACE INTO setting(name, value) VALUES ($1, $2)", name, number.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            _store.Run("DELETE FROM setting WHERE name = $1", name);
        }
    }
}
