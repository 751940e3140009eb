using Portolan.Forwarding.Model;
using Portolan.Forwarding.Udp;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <content>Other forwards while it runs.</content>
public sealed partial class RelayEngine
{
    private readonly List<(RunningForward Forward, long Until)> _draining = [];

    /// <summary>
    /// Takes other forwards: new ones begin, those that are not among them end, and where only targets or options differ new connections
    /// are treated as they say. All of it or, where the kernel refuses a port, none. For the thread that stops it.
    /// </summary>
    /// <param name="specs">All forwards from now on. One that listens where another listened is that one.</param>
    /// <param name="addressesOf">The addresses of targets that are names.</param>
    /// <param name="drain">How long connections of forwards that end may go on.</param>
    /// <exception cref="ListenException">The kernel refuses a port; nothing has changed.</exception>
    public ForwardChanges Reload(
        IReadOnlyList<ForwardSpec> specs, Func<TargetPoint, IReadOnlyList<InternetAddress>> addressesOf, TimeSpan drain)
    {
        ArgumentNullException.ThrowIfNull(specs);
        ArgumentNullException.ThrowIfNull(addressesOf);
        var left = new Dictionary<(TransportProtocol, ListenPoint), Queue<RunningForward>>();
        foreach (var forward in _forwards.Where(static f => !f.IsGone))
        {
            var place = (forward.Asked.Protocol, forward.Asked.Listen);
            (left.GetValueOrDefault(place) ?? (left[place] = new Queue<RunningForward>())).Enqueue(forward);
        }

        var (added, changed, fresh) = (new List<RunningForward>(), new List<(RunningForward Forward, ForwardSpec Spec)>(),
            new List<ForwardSpec>());
        foreach (var spec in specs)
        {
            if (!left.TryGetValue((spec.Protocol, spec.Listen), out var queue) || !queue.TryDequeue(out var kept))
            {
                fresh.Add(spec);
            }
            else if (!kept.Asked.IsSameAs(spec))
            {
                changed.Add((kept, spec));
            }
        }

        // Those that end listen until those that begin do: what moves from all addresses of a port to one, or back, has both for a moment.
        var removed = left.Values.SelectMany(static q => q).ToList();
        try
        {
            foreach (var spec in fresh)
            {
                var forward = new RunningForward(spec, Threads, Now);
                GiveBack(spec);
                Listeners.Open(forward, removed.FindAll(f => Overlap(f, spec)));
                added.Add(forward);
            }
        }
        catch (ListenException)
        {
            added.ForEach(Listeners.Close);
            throw;
        }

        changed.ForEach(c => c.Forward.Change(c.Spec, addressesOf));
        // The kernel gives an address that is named to its own socket as long as that listens.
        var moved = removed.FindAll(f => added.Exists(a => Overlap(f, a.Spec)));
        foreach (var forward in moved.Where(static f => f.Spec.Protocol == TransportProtocol.Tcp))
        {
            RelaySocket.DropRequests(forward.Listener);
        }

        End(removed, moved, Now() + (long)drain.TotalMilliseconds);
        added.ForEach(f => Begin(f, addressesOf));
        // Where there is more room than before, a program may wait for it.
        ResumeListeners();
        return new ForwardChanges(added.Count, removed.Count, changed.Count);
    }

    /// <inheritdoc/>
    public bool IsGone(int forward) => _forwards[forward].IsGone;

    /// <inheritdoc/>
    public void Tend()
    {
        for (var i = _draining.Count - 1; i >= 0; i--)
        {
            var (forward, until) = _draining[i];
            if (forward.Active == 0 || Now() >= until)
            {
                _draining.RemoveAt(i);
                _workers.ForEach(w => w.Ask(worker => worker.EndAll(forward)));
            }
        }
    }

    /// <summary>
    /// A port that flows of a forward that has ended still hold is for the one that comes back: their clients go on with that.
    /// </summary>
    private void GiveBack(ForwardSpec spec)
    {
        foreach (var old in _draining.Select(static d => d.Forward)
            .Where(f => f.Listener >= 0 && ((f.Asked.Protocol, f.Asked.Listen) == (spec.Protocol, spec.Listen) || Overlap(f, spec)))
            .ToList())
        {
            using var ended = new CountdownEvent(_workers.Count);
            foreach (var worker in _workers)
            {
                worker.Ask(w =>
                {
                    w.EndAll(old);
                    ended.Signal();
                });
            }

            ended.Wait();
        }
    }

    /// <summary>
    /// Whether a socket of a forward and one that is to be opened have a port in common, of which one of them wants all addresses.
    /// </summary>
    private static bool Overlap(RunningForward forward, ForwardSpec spec) =>
        forward.Spec.Listen is { Path: null } own && spec.Listen is { Path: null } other && forward.Spec.Protocol == spec.Protocol
            && own.Port == other.Port
        && (own.Address is null or { IsUnspecified: true } || other.Address is null or { IsUnspecified: true });

    private void Begin(RunningForward forward, Func<TargetPoint, IReadOnlyList<InternetAddress>> addressesOf)
    {
        forward.SetAddresses(addressesOf);
        Budget.Reserve(1);
        // The place of one that has gone is taken, so that there are never more than there were at once.
        var place = Array.FindIndex(_forwards, static f => f is { IsGone: true, Active: 0, Listener: < 0 });
        RunningForward[] forwards = [.. _forwards];
        if (place < 0)
        {
            place = forwards.Length;
            Array.Resize(ref forwards, place + 1);
        }

        forwards[place] = forward;
        _forwards = forwards;
        foreach (var (worker, listener) in ListenersOf(forward))
        {
            worker.Ask(w =>
            {
                w.Listeners.Add(listener);
                listener.Start();
            });
        }
    }

    private void End(List<RunningForward> forwards, List<RunningForward> moved, long until)
    {
        if (forwards.Count == 0)
        {
            return;
        }

        using var ended = new CountdownEvent(_workers.Count);
        foreach (var worker in _workers)
        {
            worker.Ask(w =>
            {
                var own = w.Listeners.FindAll(l => forwards.Contains(l.Forward));
                foreach (var listener in own)
                {
                    if (listener is DatagramListener datagrams && moved.Contains(listener.Forward))
                    {
                        datagrams.Move();
                    }
                    else
                    {
                        listener.Stop();
                    }
                }

                w.Listeners.RemoveAll(own.Contains);
                ended.Signal();
            });
        }

        ended.Wait();
        foreach (var forward in forwards)
        {
            forward.IsGone = true;
            Budget.Release(1);
            _draining.Add((forward, until));
            // A socket of datagrams closes with the last flow.
            if (forward.Spec.Protocol != TransportProtocol.Udp)
            {
                Listeners.Close(forward);
            }
        }
    }

    private IEnumerable<(Worker Worker, Listening Listener)> ListenersOf(RunningForward forward)
    {
        if (forward.Spec.Protocol == TransportProtocol.Udp)
        {
            var worker = _workers[Array.IndexOf(_forwards, forward) % Threads];
            return [(worker, new DatagramListener(worker, forward, forward.CountersOf(worker)))];
        }

        return _workers.Select(worker => (worker, (Listening)new Acceptor(worker, forward, forward.CountersOf(worker))));
    }
}

/// <summary>What a reload came to.</summary>
/// <param name="Added">Forwards that began.</param>
/// <param name="Removed">Forwards that ended.</param>
/// <param name="Changed">Forwards with other targets or options.</param>
public readonly record struct ForwardChanges(int Added, int Removed, int Changed);
