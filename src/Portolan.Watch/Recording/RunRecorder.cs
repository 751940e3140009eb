using Portolan.Store;
using Portolan.Store.Tables;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>Adds one run to a store: its looks, what changed, and its end.</summary>
/// <remarks>
/// What was added is made lasting at the latest a second later, when <see cref="Breathe"/> is called that often. Where the store turns out
/// to be damaged meanwhile, what is not yet lasting is added again to the new file that takes its place. Used by one thread.
/// </remarks>
public sealed class RunRecorder : IDisposable
{
    private static readonly TimeSpan MostUncommitted = TimeSpan.FromSeconds(1);
    private readonly HistoryStore _store;
    private readonly TimeProvider _clock;
    private readonly RunRecord _record;
    private readonly DownHosts _down;
    private readonly List<Action> _pending = [];
    private readonly bool _isBegun;
    private HostRecorder _hosts;
    private (long Changes, long Late) _earlier;
    private (long Changes, long Late) _lasting;
    private long _run;
    private long _begunAt;
    private bool _isWriting;

    private RunRecorder(HistoryStore store, TimeProvider clock, RunRecord run)
    {
        (_store, _clock, _record) = (store, clock, run);
        _hosts = new HostRecorder(store);
        _down = new DownHosts(store);
        Do(() => _run = store.Runs.Begin(run));
        Commit();
        _isBegun = true;
    }

    /// <summary>The store's file.</summary>
    public string Path => _store.Path;

    /// <summary>The run's number in the store.</summary>
    public long Run => _run;

    /// <summary>How many hosts were added.</summary>
    public long Looks { get; private set; }

    /// <summary>How many changes were found.</summary>
    public long Changes => _earlier.Changes + _hosts.Changes;

    /// <summary>Looks that are older than what is stored of their host.</summary>
    public long Late => _earlier.Late + _hosts.Late;

    /// <summary>Begins a run.</summary>
    /// <param name="store">The store; it is closed with the recorder.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="run">What looks.</param>
    /// <exception cref="PortolanException">The store cannot be written; it is closed.</exception>
    public static RunRecorder Begin(HistoryStore store, TimeProvider clock, RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(store);
        try
        {
            return new RunRecorder(store, clock, run);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Adds a look at a host.</summary>
    /// <param name="look">What was seen.</param>
    /// <param name="at">When.</param>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public void Add(HostSnapshot look, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(look);
        var (isNew, hasLook) = (false, false);
        Do(() =>
        {
            // A scan of a large network finds most of it down each time: these are ranges of one row.
            isNew = _store.Hosts.Find(HostKeyText.TextOf(look.Key, null)) is null;
            hasLook = !isNew || look.Status != Scan.Results.HostStatus.Down;
            if (hasLook)
            {
                _hosts.Add(_run, look, null, at, isNew ? _down.LastSeen(look.Key.Address) : null);
            }
        });
        if (hasLook)
        {
            Looks++;
        }
        else
        {
            _down.Add(look.Key.Address);
        }
    }

    /// <summary>Adds what a chart shows of a namespace.</summary>
    /// <param name="look">The namespace as a host.</param>
    /// <param name="machine">The machine's name.</param>
    /// <param name="rows">The rows: protocol, port and their text.</param>
    /// <param name="at">When.</param>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public void AddChart(
        HostSnapshot look, string? machine, IReadOnlyList<(TransportProtocol Protocol, PortNumber Port, string Body)> rows,
        DateTimeOffset at)
    {
        Do(() => AddRows(_hosts.Add(_run, look, machine, at), rows, at));
        Looks++;
    }

    private void AddRows(long host, IReadOnlyList<(TransportProtocol Protocol, PortNumber Port, string Body)> rows, DateTimeOffset at)
    {
        var open = _store.ChartRows.Open(host);
        if (_store.ChartRows.ObservedAfter(host, at) is not null)
        {
            // Older than what is there.
            return;
        }

        foreach (var (protocol, port, body) in rows)
        {
            var content = _store.Contents.IdOf(body);
            if (open.FindIndex(row => row.Protocol == protocol && row.Port == port && row.Body == content) is >= 0 and var known)
            {
                open.RemoveAt(known);
            }
            else
            {
                _store.ChartRows.Add(host, protocol, port, content, at);
            }
        }

        foreach (var gone in open)
        {
            _store.ChartRows.Close(gone.Id, at);
        }

        _store.ChartRows.Observe(host, at, at);
    }

    /// <summary>Makes lasting what was added more than a second ago; to be called about twice a second.</summary>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public void Breathe()
    {
        if (_isWriting && _clock.GetElapsedTime(_begunAt) >= MostUncommitted)
        {
            Commit();
        }
    }

    /// <summary>Ends the run and makes all of it lasting.</summary>
    /// <param name="isComplete">Everything that was to be looked at was.</param>
    /// <param name="missRateBound">At most this share of the ports that would answer was missed; <c>null</c> when unknown.</param>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public void End(bool isComplete, double? missRateBound)
    {
        Do(() =>
        {
            if (_down.Text is { } down)
            {
                _store.Runs.SetDown(_run, _store.Contents.IdOf(down));
            }

            if (missRateBound is 0)
            {
                _store.Changes.MakeCertain(_run);
            }

            _store.Runs.End(_run, _clock.GetUtcNow(), isComplete, missRateBound);
        });
        Commit();
        try
        {
            Retention.ApplyDaily(_store, _clock.GetUtcNow());
        }
        catch (PortolanException exception)
        {
            // Not in a filter, which would swallow why a repair failed.
            if (!_store.TryRepair(exception))
            {
                throw;
            }

            Retention.ApplyDaily(_store, _clock.GetUtcNow());
        }
    }

    /// <summary>Closes the store. A run that was not ended stays as one that was cut off, with what it had found.</summary>
    public void Dispose()
    {
        try
        {
            Commit();
        }
        catch (PortolanException)
        {
            // It was said when it happened, or nothing of it was asked for any more.
        }

        _store.Dispose();
    }

    /// <summary>Makes lasting what was added so far.</summary>
    /// <exception cref="PortolanException">The store cannot be written.</exception>
    public void Commit()
    {
        if (_isWriting)
        {
            Guard(_store.Commit, _store.Commit);
            _isWriting = false;
            _pending.Clear();
            _lasting = (Changes, Late);
        }
    }

    private void Do(Action action)
    {
        _pending.Add(action);
        Guard(() =>
        {
            if (!_isWriting)
            {
                Begin();
            }

            action();
        });
    }

    // SQLite has rolled back by itself where the disk is full. In the place of a damaged store all that is not yet lasting comes once more.
    private void Guard(Action action, Action? again = null)
    {
        try
        {
            action();
        }
        catch (PortolanException exception)
        {
            _isWriting = false;
            _store.RollBack();
            if (!_store.TryRepair(exception))
            {
                _pending.Clear();
                throw;
            }

            (_hosts, _earlier) = (new HostRecorder(_store), _lasting);
            Begin();
            if (_isBegun && _store.Runs.Find(_run) is null)
            {
                _run = _store.Runs.Begin(_record);
            }

            foreach (var pending in _pending)
            {
                pending();
            }

            again?.Invoke();
        }
    }

    private void Begin()
    {
        _store.Begin();
        (_isWriting, _begunAt) = (true, _clock.GetTimestamp());
    }
}
