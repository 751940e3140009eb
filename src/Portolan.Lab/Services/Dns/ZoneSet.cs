using System.Collections.Concurrent;
using Portolan.Packets;

namespace Portolan.Lab.Services.Dns;

/// <summary>
/// The zones of one server: made from the names of the lab when they are first asked for, or taken from its primary. Any thread.
/// </summary>
internal sealed class ZoneSet
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    private const string PrimarySetting = "secondary-of";

    private readonly ServiceHost _host;
    private readonly uint _timeToLive;
    private readonly string? _primary;
    private readonly ZoneBuilder _builder;
    private readonly IReadOnlyList<ZoneRecord> _more = [];
    private readonly string[] _origins;
    private readonly HashSet<string> _known;
    private readonly ConcurrentDictionary<string, Zone> _zones = new(StringComparer.OrdinalIgnoreCase);
    private int _isStarted;

    private ZoneSet(ServiceHost host, Topology.ServiceSpec service)
    {
        _host = host;
        _timeToLive = uint.TryParse(service.Settings.GetValueOrDefault("ttl"), out var seconds) ? seconds : 3600;
        _primary = service.Settings.GetValueOrDefault(PrimarySetting);
        _builder = new ZoneBuilder(host, _timeToLive);
        var told = service.Settings.GetValueOrDefault("zones", "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(static z => z.TrimEnd('.')).ToArray();
        _origins = told.Length > 0 ? told : [.. _builder.UsualOrigins()];
        _known = new HashSet<string>(_origins, StringComparer.OrdinalIgnoreCase);
        if (_primary is null)
        {
            _more = [.. ExtraRecords.Of(
                service.Settings.GetValueOrDefault("records", ""), told.Length > 0 ? told[0] : host.Directory.Domain, _timeToLive)];
        }
    }

    /// <summary>The zones of a service.</summary>
    internal static ZoneSet Of(ServiceHost host, Topology.ServiceSpec service)
    {
        var name = string.Join(
            '\n', service.Settings.OrderBy(static s => s.Key, StringComparer.Ordinal).Select(static s => $"{s.Key}={s.Value}"));
        return host.State.Get(() => new ZoneSet(host, service), name);
    }

    /// <summary>
    /// The zone that a name lies in, the one with the most labels; <c>null</c> when it is none of this server's, or not there yet.
    /// </summary>
    internal Zone? FindZone(string name) => OriginOf(name) is not { } origin ? null
        : _primary is null ? _zones.GetOrAdd(origin, Build) : _zones.GetValueOrDefault(origin);

    /// <summary>Whether a name lies in one of its zones, there already or not.</summary>
    internal bool IsOwn(string name) => OriginOf(name) is not null;

    /// <summary>
    /// The records of a name in a zone; hosts of ranges, which no zone lists, too. <c>null</c> when there is no such name.
    /// </summary>
    internal IReadOnlyList<ZoneRecord>? Find(Zone zone, string name)
    {
        if (zone.Find(name) is { } found)
        {
            return found;
        }

        var addresses = _host.Directory.Find(name);
        if (addresses.Count > 0)
        {
            return [.. addresses.Select(a => ZoneRecord.Of(name, _timeToLive, a))];
        }

        return TryReadReverse(name, out var address) && _host.Directory.NameOf(address) is { } own
            && ZoneRecord.Of(name, DnsType.Ptr, _timeToLive, _builder.FullName(own)) is { } pointer
            ? [pointer]
            : null;
    }

    /// <summary>Whether a name server has its zones from another one.</summary>
    internal static bool IsSecondary(Topology.ServiceSpec service) => service.Settings.ContainsKey(PrimarySetting);

    /// <summary>
    /// Of a secondary server: takes its zones from the primary. What it does not get at once it tries again until it has all; nobody waits
    /// for that.
    /// </summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_primary is null || Interlocked.Exchange(ref _isStarted, 1) != 0)
        {
            return;
        }

        if (!await TryTakeAsync(_primary, cancellationToken))
        {
            _ = TakeLaterAsync(_primary, cancellationToken);
        }
    }

    private async Task TakeLaterAsync(string primary, CancellationToken cancellationToken)
    {
        do
        {
            await Task.Delay(Retry, _host.Time, cancellationToken);
        }
        while (!await TryTakeAsync(primary, cancellationToken));
    }

    /// <summary>Takes the zones that are missing.</summary>
    /// <returns>Whether all are there.</returns>
    private async Task<bool> TryTakeAsync(string primary, CancellationToken cancellationToken)
    {
        foreach (var origin in _origins.Where(o => !_zones.ContainsKey(o)))
        {
            if (await ZoneTransfer.TryTakeAsync(_host, primary, origin, cancellationToken) is { } zone)
            {
                _zones[origin] = zone;
            }
        }

        return _origins.All(_zones.ContainsKey);
    }

    private Zone Build(string origin)
    {
        var zone = _builder.Build(origin);
        foreach (var record in _more.Where(r => origin.Equals(OriginOf(r.Name), StringComparison.OrdinalIgnoreCase)))
        {
            zone.Add(record);
        }

        return zone;
    }

    // The zone with the most labels: the name itself, then what is above it.
    private string? OriginOf(string name)
    {
        string? origin;
        while (!_known.TryGetValue(name, out origin))
        {
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            if (dot < 0)
            {
                return null;
            }

            name = name[(dot + 1)..];
        }

        // As it is written, whatever the case of the question.
        return origin;
    }

    // The way back from 1.0.18.198.in-addr.arpa.
    private static bool TryReadReverse(string name, out InternetAddress address)
    {
        var labels = name.Split('.');
        if (labels.Length == 6 && name.EndsWith(".in-addr.arpa", StringComparison.OrdinalIgnoreCase))
        {
            return InternetAddress.TryParse($"{labels[3]}.{labels[2]}.{labels[1]}.{labels[0]}", out address) && address.IsIPv4;
        }

        address = default;
        return labels.Length == 34 && name.EndsWith(".ip6.arpa", StringComparison.OrdinalIgnoreCase)
            && InternetAddress.TryParse(
                string.Join(':', string.Concat(Enumerable.Reverse(labels[..32])).Chunk(4).Select(static c => new string(c))), out address);
    }
}
