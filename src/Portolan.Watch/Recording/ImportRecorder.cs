using Portolan.Scan.Results;
using Portolan.Store;
using Portolan.Store.Tables;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>Adds a result that was read from a file to the store.</summary>
/// <param name="File">The file as it was named.</param>
/// <param name="Bytes">Its content.</param>
/// <param name="Snapshot">What was read from it.</param>
/// <param name="TakenAt">When it was taken.</param>
public sealed record ImportRecorder(string File, ReadOnlyMemory<byte> Bytes, Snapshot Snapshot, DateTimeOffset TakenAt)
{
    /// <summary>The earlier import of the same content; <c>null</c> where there is none.</summary>
    public RunRecord? FindEarlier(HistoryStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.Runs.FindImport(Digest());
    }

    /// <summary>Records the file's result as a run of its own.</summary>
    /// <param name="store">The store; it is closed.</param>
    /// <param name="clock">The clock.</param>
    /// <returns>The run, closed: its counts say what was added.</returns>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public RunRecorder Add(HistoryStore store, TimeProvider clock)
    {
        var kind = Snapshot.IsChart ? RunKind.Chart : RunKind.Scan;
        using var run = RunRecorder.Begin(store, clock, new RunRecord(kind, TakenAt, File, Snapshot.Format) { Digest = Digest() });
        if (Snapshot.IsChart)
        {
            ChartRecorder.Add(run, Snapshot, Bytes, TakenAt);
        }
        else
        {
            foreach (var host in Snapshot.Hosts.Values)
            {
                if (host.Status != HostStatus.Unknown || host.Spans.Count > 0)
                {
                    run.Add(host, TakenAt);
                }

                run.Breathe();
            }

            AddDown(store, run);
        }

        run.End(Snapshot.IsComplete, Snapshot.MissRateBound);
        return run;
    }

    // A whole scan that names its targets and not a host that is stored found it down.
    private void AddDown(HistoryStore store, RunRecorder run)
    {
        if (Snapshot is not { IsComplete: true, Scope: { } scope })
        {
            return;
        }

        foreach (var row in store.Hosts.List(isChart: false))
        {
            var key = HostKeyText.Read(row.Key, out _);
            if (!Snapshot.Hosts.ContainsKey(key) && scope.Contains(key.Address) && row.LastLook <= TakenAt)
            {
                run.Add(new HostSnapshot(key) { Status = HostStatus.Down, IsStatusSilent = true }, TakenAt);
                run.Breathe();
            }
        }
    }

    // The same file again has the same length and hash; it only has to spread (FNV-1a).
    private byte[] Digest()
    {
        var hash = 14695981039346656037;
        foreach (var value in Bytes.Span)
        {
            hash = (hash ^ value) * 1099511628211;
        }

        return [.. BitConverter.GetBytes(hash), .. BitConverter.GetBytes((long)Bytes.Length)];
    }
}
