namespace Portolan.Lab.Services.Data;

/// <summary>The keys of a host, with the times at which they go. Keys and values are characters that stand for bytes. Any thread.</summary>
internal sealed class RedisStore
{
    private const int MaxKeys = 100_000;
    private const long MaxBytes = 64L << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Value, DateTimeOffset? End)> _values = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>The value of a key that has not gone.</summary>
    internal string? Get(string key, DateTimeOffset now)
    {
        lock (_lock)
        {
            return Look(key, now)?.Value;
        }
    }

    /// <summary>When a key goes; the first is false when there is none.</summary>
    internal (bool IsThere, DateTimeOffset? End) EndOf(string key, DateTimeOffset now)
    {
        lock (_lock)
        {
            return Look(key, now) is { } found ? (true, found.End) : (false, null);
        }
    }

    /// <summary>Changes a value: what <paramref name="change"/> makes of the old one is the new one.</summary>
    /// <returns>False when there is no room.</returns>
    internal bool TryChange(string key, DateTimeOffset now, Func<string?, DateTimeOffset?, (string Value, DateTimeOffset? End)?> change)
    {
        lock (_lock)
        {
            var old = Look(key, now);
            if (change(old?.Value, old?.End) is not { } next)
            {
                return true;
            }

            var more = next.Value.Length - (old?.Value.Length ?? -key.Length);
            if (_bytes + more > MaxBytes || (old is null && _values.Count >= MaxKeys))
            {
                return false;
            }

            _bytes += more;
            _values[key] = next;
            return true;
        }
    }

    /// <summary>Removes a key.</summary>
    internal bool Remove(string key, DateTimeOffset now)
    {
        lock (_lock)
        {
            return Look(key, now) is not null && Drop(key);
        }
    }

    internal string[] Keys(DateTimeOffset now)
    {
        lock (_lock)
        {
            return [.. _values.Keys.ToArray().Where(k => Look(k, now) is not null).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Removes all.</summary>
    internal void Clear()
    {
        lock (_lock)
        {
            _values.Clear();
            _bytes = 0;
        }
    }

    private (string Value, DateTimeOffset? End)? Look(string key, DateTimeOffset now)
    {
        if (!_values.TryGetValue(key, out var found))
        {
            return null;
        }

        if (found.End is { } end && end <= now)
        {
            Drop(key);
            return null;
        }

        return found;
    }

    private bool Drop(string key)
    {
        _bytes -= _values[key].Value.Length + key.Length;
        return _values.Remove(key);
    }
}
