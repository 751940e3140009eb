using System.Collections.Concurrent;
using System.Globalization;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Services;

/// <summary>
/// Asks the ports of a queue, some at once, and keeps what they are in the group. One thread drives it; the questions run on the pool.
/// </summary>
internal sealed class ServiceStage : IDisposable
{
    private readonly HostGroup _group;
    private readonly ServiceQueue _queue;
    private readonly ServiceIdentifier _identifier;
    private readonly CancellationToken _stop;
    private readonly HostTurns _turns;
    private readonly Queue<QueuedPort> _notSent = new();
    private readonly Dictionary<string, int> _reasons = new(StringComparer.Ordinal);
    private readonly Dictionary<int, CancellationTokenSource> _stops = [];
    private readonly Dictionary<int, PrinterSuspect> _suspects = [];
    private readonly ConcurrentQueue<(QueuedPort Port, bool WithCare, ServiceAnswer Answer)> _answers = new();
    private readonly SemaphoreSlim _answered = new(0);
    private int _inFlight;
    private int _done;
    private bool _isSecondTry;

    public ServiceStage(HostGroup group, ServiceQueue queue, ServiceIdentifier identifier, CancellationToken stop)
    {
        (_group, _queue, _identifier, _stop) = (group, queue, identifier, stop);
        _turns = new HostTurns(queue.Ports);
        foreach (var (host, ports) in queue.Ports.Where(port => queue.Printers.ContainsKey(port.Host)).CountBy(static port => port.Host))
        {
            _suspects.Add(host, new PrinterSuspect(queue.Printers[host], ports));
        }
    }

    /// <summary>The part of the ports that is known, 0 to 1.</summary>
    public double Done => (double)_done / Math.Max(1, _queue.Count);

    /// <summary>How many hosts were looked at to start the ports so far: a step or two for each port.</summary>
    public long Steps => _turns.Steps;

    /// <summary>The ports that this host could not ask, by the system's words for the reason.</summary>
    public IReadOnlyDictionary<string, int> NotSent => _reasons;

    /// <summary>Starts the inquiries that may start, and takes the answers that arrive within a time.</summary>
    /// <returns>All is done.</returns>
    public bool Work(TimeSpan wait)
    {
        Start();
        StopThoseGivenUp();
        if (_inFlight > 0 && _answered.Wait(wait, CancellationToken.None))
        {
            do
            {
                TakeOne();
            }
            while (_answered.Wait(0, CancellationToken.None));
        }

        if (_inFlight == 0 && _turns.Count == 0 && !_isSecondTry)
        {
            // What was short may be there again, now that all others are done.
            _isSecondTry = true;
            while (_notSent.TryDequeue(out var port))
            {
                _turns.Add(port);
            }
        }

        return _inFlight == 0 && _turns.Count == 0;
    }

    /// <summary>Waits for what was begun, after the stop.</summary>
    public void Drain()
    {
        while (_inFlight > 0)
        {
            _answered.Wait(CancellationToken.None);
            TakeOne();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _answered.Dispose();
        foreach (var stop in _stops.Values)
        {
            stop.Dispose();
        }
    }

    // A service in the middle of a question ends with its host's time. Only hosts that are asked now are in the table.
    private void StopThoseGivenUp()
    {
        foreach (var (host, stop) in _stops)
        {
            if (!stop.IsCancellationRequested && !_group.IsActive(host))
            {
                stop.Cancel();
            }
        }
    }

    private CancellationToken StopOf(int host)
    {
        if (!_stops.TryGetValue(host, out var stop))
        {
            stop = CancellationTokenSource.CreateLinkedTokenSource(_stop);
            _stops.Add(host, stop);
        }

        return stop.Token;
    }

    private void Start()
    {
        while (_inFlight < _identifier.MaxAtOnce && _turns.TryNext(out var host, out var port))
        {
            if (!_group.IsActive(port.Host))
            {
                // Its time is over (--host-timeout).
                EndUnasked(1 + _turns.Drop(host), port.Host);
                _turns.End(port.Host);
                continue;
            }

            _inFlight++;
            _ = AskAsync(TargetOf(port, host.Places), port, StopOf(port.Host));
        }
    }

    private void EndUnasked(int ports, int host)
    {
        foreach (var (port, answer) in _suspects.Remove(host, out var suspect) ? suspect.TakeUnknown() : [])
        {
            Keep(port, answer);
        }

        _done += ports;
        for (var i = 0; i < ports; i++)
        {
            _group.EndHearing(host);
        }
    }

    private async Task AskAsync(ServiceTarget target, QueuedPort port, CancellationToken stop)
    {
        var answer = new ServiceAnswer(ServiceOutcome.None, null);
        try
        {
            answer = await Task.Run(() => _identifier.IdentifyAsync(target, stop), CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The scan ends.
        }
        catch (Exception exception)
        {
            // A defect of this program: the port was asked, and that is said.
            _identifier.Faults.Add("the order of questions", exception);
            answer = new ServiceAnswer(ServiceOutcome.Unknown, null);
        }
        finally
        {
            _answers.Enqueue((port, target.IsOfPrinter, answer));
            _answered.Release();
        }
    }

    private ServiceTarget TargetOf(in QueuedPort port, HostPlaces? places)
    {
        var target = _group[port.Host];
        var scope = target.ScopeId == 0 ? null : target.ScopeId.ToString(CultureInfo.InvariantCulture);
        return new ServiceTarget(new RemoteSocket(target.Address, scope, port.Port.Port), port.Port.Protocol, target.Name)
        {
            PrinterPort = _suspects.TryGetValue(port.Host, out var suspect) ? suspect.Signs.Port : null,
            IsSilent = !port.IsOpen,
            RunNumber = _queue.RunNumber,
            Places = places,
        };
    }

    private void TakeOne()
    {
        if (!_answers.TryDequeue(out var taken))
        {
            return;
        }

        var (port, withCare, answer) = taken;
        _inFlight--;
        _turns.End(port.Host);
        if (_turns.IsIdle(port.Host) && _stops.Remove(port.Host, out var stop))
        {
            stop.Dispose();
        }

        if (answer.Outcome == ServiceOutcome.NotSent)
        {
            if (!_isSecondTry && !_stop.IsCancellationRequested && _group.IsActive(port.Host))
            {
                _notSent.Enqueue(port);
                return;
            }

            var reason = answer.Reason ?? "";
            _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
        }

        var suspect = _suspects.GetValueOrDefault(port.Host);
        suspect?.Add(answer);
        if (!withCare || suspect is { Signs: { MayChange: false, Port: not null } } || !MayAskMore(port, answer))
        {
            Keep(port, answer);
        }
        else if (_stop.IsCancellationRequested)
        {
            // A resumed scan asks it, and may know better then.
            Keep(port, new ServiceAnswer(ServiceOutcome.None, null));
        }
        else if (suspect is null)
        {
            _turns.Add(port);
        }
        else
        {
            suspect.Keep(port, answer);
        }

        if (suspect is not null)
        {
            Decide(port.Host, suspect);
        }
    }

    // A port that is not known gets its other questions where its host turns out to be no printer.
    private bool MayAskMore(in QueuedPort port, ServiceAnswer answer) =>
        port.IsOpen && answer.Outcome is ServiceOutcome.NotAsked or ServiceOutcome.Unknown or ServiceOutcome.Silent
        && _group.IsActive(port.Host) && _identifier.MayAskMore(TargetOf(port, places: null) with { PrinterPort = null });

    private void Decide(int host, PrinterSuspect suspect)
    {
        if (suspect.Signs.MayChange && !suspect.IsDecided && _group.IsActive(host))
        {
            return;
        }

        var isPrinter = suspect.Signs.Port is not null;
        if (!isPrinter)
        {
            _suspects.Remove(host);
        }

        foreach (var (port, answer) in suspect.TakeUnknown())
        {
            if (isPrinter)
            {
                Keep(port, answer);
            }
            else
            {
                _turns.Add(port);
            }
        }
    }

    private void Keep(in QueuedPort port, ServiceAnswer answer)
    {
        _done++;
        _group.EndHearing(port.Host);
        if (answer.Outcome == ServiceOutcome.None || !_group.IsActive(port.Host))
        {
            return;
        }

        if (!port.IsOpen && answer.Outcome is ServiceOutcome.Identified or ServiceOutcome.Unknown)
        {
            // It kept silent to the scan and answers its protocol's own question: it is open.
            _group.Record(
                port.Host, port.Slot, new PortResult(port.Port, PortState.Open, ReplyReason.UdpResponse, 0, Evidence.AcceptedData, null));
        }

        if (port.IsOpen || answer.Outcome is ServiceOutcome.Identified or ServiceOutcome.Unknown)
        {
            _group.SetAnswer(port.Host, port.Slot, answer);
            _group.Release(port.Host, port.Slot);
        }
    }
}
