using Portolan.Scan.Results;
using Portolan.Store;
using Portolan.Store.Tables;
using Portolan.Watch.Changes;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>Adds looks at hosts to the store, with what changed since the looks before.</summary>
/// <remarks>
/// A look that found the host as the last one did writes one row. Else it is compared with all that is known of the host, by the same model
/// of change as <c>diff</c>. The first look at a host, or at a port, is not a change: nothing is known before it.
/// </remarks>
/// <param name="store">The store; a transaction is open while a look is added.</param>
internal sealed class HostRecorder(HistoryStore store)
{
    private readonly Dictionary<long, bool> _hasCertificate = [];

    /// <summary>Looks that are older than what is stored of their host: they are kept, and no change is derived from them.</summary>
    public long Late { get; private set; }

    /// <summary>Changes that were found.</summary>
    public long Changes { get; private set; }

    /// <summary>Adds a look.</summary>
    /// <param name="run">The run it is of.</param>
    /// <param name="look">What was seen.</param>
    /// <param name="machine">Of a chart the machine's name.</param>
    /// <param name="at">When.</param>
    /// <param name="downSince">When a host that the store knows nothing else of was found down last; <c>null</c> where it was not.</param>
    /// <returns>The host's number.</returns>
    public long Add(long run, HostSnapshot look, string? machine, DateTimeOffset at, DateTimeOffset? downSince = null)
    {
        var key = HostKeyText.TextOf(look.Key, machine);
        var picture = store.Contents.IdOf(PictureText.Of(look, store.Contents));
        if (store.Hosts.Find(key) is not { } host)
        {
            host = store.Hosts.Add(key, look.Name ?? look.ReverseName, at, picture);
            store.Looks.Add(host.Id, at, run, picture);
            NoteOpen(host.Id, look, look, at);
            if (downSince is { } down && look.Status == HostStatus.Up)
            {
                var gone = new HostSnapshot(look.Key) { Status = HostStatus.Down, IsStatusSilent = true };
                Note(host, Compare(gone, look, down, at), run, at, down);
            }

            return host.Id;
        }

        store.Looks.Add(host.Id, at, run, picture);
        if (at < host.LastLook)
        {
            Late++;
            return host.Id;
        }

        if (picture == host.LastPicture && !HasCertificate(picture, look))
        {
            host.LastLook = at;
            store.Hosts.Change(host);
            return host.Id;
        }

        AddChanged(host, look, picture, run, at);
        return host.Id;
    }

    private void AddChanged(HostRecord host, HostSnapshot look, long picture, long run, DateTimeOffset at)
    {
        var known = PictureText.Read(store.Contents.TextOf(host.KnownPicture), look.Key, store.Contents);
        SettleSeen(host, known);
        var merged = HostMerge.Of(known, look);
        var before = host.LastLook;
        var changes = Compare(known, look, before, at);
        if (known.Status == HostStatus.Down && look.Status == HostStatus.Up)
        {
            changes.AddRange(Compare(HostMerge.AsUp(known), look, before, at));
        }

        host.LastLook = at;
        host.LastPicture = picture;
        host.KnownPicture = store.Contents.IdOf(PictureText.Of(merged, store.Contents));
        host.Name = merged.Name ?? merged.ReverseName ?? host.Name;
        store.Hosts.Change(host);
        NoteOpen(host.Id, look, merged, at);
        NoteNotOpen(host.Id, look);
        Note(host, changes, run, at, before);
    }

    private static List<Change> Compare(HostSnapshot a, HostSnapshot b, DateTimeOffset before, DateTimeOffset at)
    {
        var isChart = b.Key.Space is not null;
        var (earlier, later) = (
            new Snapshot { Source = "", IsChart = isChart, TakenAt = before },
            new Snapshot { Source = "", IsChart = isChart, TakenAt = at });
        earlier.Add(a);
        later.Add(b);
        return [.. SnapshotComparer.Compare(earlier, later, at).Changes];
    }

    private void Note(HostRecord host, List<Change> changes, long run, DateTimeOffset at, DateTimeOffset before)
    {
        foreach (var change in changes)
        {
            store.Changes.Add(StoredChange.ToRecord(change, host.Id, run, at, before, store.Contents));
            if (change is { Protocol: { } protocol, Kind: not (ChangeKind.HostUp or ChangeKind.HostDown) })
            {
                foreach (var (first, last) in change.Ports.Ranges)
                {
                    store.Endpoints.Changed(host.Id, protocol, first, last, at);
                }
            }
        }

        if (changes.Count > 0)
        {
            Changes += changes.Count;
            host.LastChange = at;
            store.Hosts.Change(host);
        }
    }

    // Looks that found the host as before wrote no rows for its ports: they were seen until the last of these looks.
    private void SettleSeen(HostRecord host, HostSnapshot known)
    {
        var last = PictureText.Read(store.Contents.TextOf(host.LastPicture), known.Key, store.Contents);
        foreach (var span in last.OpenSpans())
        {
            foreach (var (first, end) in span.Ports.Ranges)
            {
                store.Endpoints.SeenUntil(host.Id, span.Protocol, first, end, host.LastLook);
            }
        }
    }

    private void NoteOpen(long host, HostSnapshot look, HostSnapshot merged, DateTimeOffset at)
    {
        foreach (var span in look.OpenSpans())
        {
            var state = StateNumber.Of(span.State);
            foreach (var port in span.Ports.Ports())
            {
                var facts = merged.Endpoints.TryGetValue(new EndpointKey(span.Protocol, port), out var known) ? FactsText.Of(known) : null;
                store.Endpoints.Seen(host, span.Protocol, port, state, facts is null ? null : store.Contents.IdOf(facts), at);
            }
        }
    }

    private void NoteNotOpen(long host, HostSnapshot look)
    {
        foreach (var span in look.Spans)
        {
            if (span.State.States != PossibleStates.Open)
            {
                foreach (var (first, last) in span.Ports.Ranges)
                {
                    store.Endpoints.NotOpen(host, span.Protocol, first, last, StateNumber.Of(span.State));
                }
            }
        }
    }

    private bool HasCertificate(long picture, HostSnapshot look)
    {
        if (!_hasCertificate.TryGetValue(picture, out var has))
        {
            if (_hasCertificate.Count > 100_000)
            {
                _hasCertificate.Clear();
            }

            _hasCertificate.Add(picture, has = PictureText.HasCertificate(look));
        }

        return has;
    }
}
