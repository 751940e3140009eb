using Portolan.Scan.Results;
using Portolan.Store;
using Portolan.Store.Tables;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>What was known at a moment: each port as the last look at it until then found it.</summary>
/// <param name="store">The store.</param>
public sealed class MomentReader(HistoryStore store)
{
    /// <summary>Looks at a host that are read back at most; what only older ones covered is not known.</summary>
    private const int MostLooks = 1000;

    private readonly Dictionary<long, double?> _misses = [];

    /// <summary>Whether a scanned host is stored.</summary>
    public bool HasScans => store.Hosts.List(isChart: false).Count > 0;

    /// <summary>Reads it; <c>null</c> where nothing was looked at until then.</summary>
    /// <param name="before">The end of the moment.</param>
    /// <param name="source">Its name for people.</param>
    /// <param name="machine">The machine whose chart is meant; <c>null</c> for scans.</param>
    public Snapshot? Read(DateTimeOffset before, string source, string? machine)
    {
        var snapshot = new Snapshot
        {
            Source = source,
            Format = machine is null ? "portolan.scan/1" : "portolan.chart/1",
            IsChart = machine is not null,
        };
        double? bound = 0;
        foreach (var row in store.Hosts.List(machine is not null))
        {
            var key = HostKeyText.Read(row.Key, out var name);
            if (machine is not null && name != machine)
            {
                continue;
            }

            var looks = store.Looks.Before(row.Id, before.AddMilliseconds(-1), MostLooks);
            if (looks.Count == 0)
            {
                continue;
            }

            var host = Merge(key, looks, KnownPorts(row, key));
            host.Name ??= machine is not null && key.Space is "" ? name : row.Name;
            snapshot.Add(host);
            AddMissing(snapshot, row.Id, looks[0].At);
            bound = MissOf(looks[0].Run) is { } miss ? Math.Max(miss, bound ?? miss) : null;
            snapshot.TakenAt = snapshot.TakenAt is { } known && known > looks[0].At ? known : looks[0].At;
        }

        snapshot.MissRateBound = bound;
        return snapshot.Hosts.Count == 0 ? null : snapshot;
    }

    // What the last chart lacked; a scan has no such rows.
    private void AddMissing(Snapshot snapshot, long host, DateTimeOffset at)
    {
        foreach (var row in store.ChartRows.At(host, at).Where(MissingRows.Is))
        {
            snapshot.IsComplete = false;
            if (MissingRows.Read(store.Contents.TextOf(row.Body)) is var (what, why))
            {
                snapshot.Note($"{snapshot.Source} lacks {what}: {why}");
            }
        }
    }

    private int KnownPorts(HostRecord row, HostKey key) =>
        PictureText.Read(store.Contents.TextOf(row.KnownPicture), key, store.Contents).Spans.Sum(static span => span.Ports.Count);

    // From the latest look back, until every port that is known at all has its state.
    private HostSnapshot Merge(HostKey key, List<LookRecord> looks, int known)
    {
        HostSnapshot? merged = null;
        long last = 0;
        foreach (var look in looks)
        {
            if (look.Picture == last)
            {
                continue;
            }

            last = look.Picture;
            var picture = PictureText.Read(store.Contents.TextOf(look.Picture), key, store.Contents);
            merged = merged is null ? picture : HostMerge.Of(picture, merged);
            if (merged.Status == HostStatus.Down || merged.Spans.Sum(static span => span.Ports.Count) >= known)
            {
                break;
            }
        }

        return merged!;
    }

    private double? MissOf(long run)
    {
        if (!_misses.TryGetValue(run, out var miss))
        {
            _misses.Add(run, miss = store.Runs.Find(run)?.MissRateBound);
        }

        return miss;
    }
}
