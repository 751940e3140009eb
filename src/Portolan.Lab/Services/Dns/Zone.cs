using Portolan.Packets;

namespace Portolan.Lab.Services.Dns;

/// <summary>A zone: its start and its records.</summary>
internal sealed class Zone
{
    private readonly Dictionary<string, List<ZoneRecord>> _records = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes a zone of its start alone.</summary>
    internal Zone(string origin, ZoneRecord start)
    {
        (Origin, Start) = (origin, start);
        Add(start);
    }

    /// <summary>Its name, without the last dot.</summary>
    internal string Origin { get; }

    /// <summary>Its SOA record.</summary>
    internal ZoneRecord Start { get; }

    /// <summary>All records but the start.</summary>
    internal IEnumerable<ZoneRecord> Others => _records.Values.SelectMany(static r => r).Where(static r => r.Type != DnsType.Soa);

    /// <summary>Whether a name lies in a zone.</summary>
    internal static bool Contains(string origin, string name) =>
        name.Equals(origin, StringComparison.OrdinalIgnoreCase)
        || (name.Length > origin.Length && name[name.Length - origin.Length - 1] == '.'
            && name.EndsWith(origin, StringComparison.OrdinalIgnoreCase));

    /// <summary>Adds a record, once.</summary>
    internal void Add(ZoneRecord record)
    {
        var own = At(record.Name);
        if (!own.Any(r => r.Type == record.Type && r.Data.AsSpan().SequenceEqual(record.Data)))
        {
            own.Add(record);
        }

        // Names above it exist too, without records (RFC 8020).
        for (var name = record.Name; name.Length > Origin.Length; name = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            At(name);
            if (!name.Contains('.', StringComparison.Ordinal))
            {
                return;
            }
        }
    }

    /// <summary>The records of a name; <c>null</c> when there is no such name.</summary>
    internal IReadOnlyList<ZoneRecord>? Find(string name) => _records.GetValueOrDefault(name);

    private List<ZoneRecord> At(string name)
    {
        if (!_records.TryGetValue(name, out var own))
        {
            own = [];
            _records.Add(name, own);
        }

        return own;
    }
}
