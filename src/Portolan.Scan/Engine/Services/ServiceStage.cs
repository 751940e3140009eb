using System.Collections.Concurrent;
using System.Globalization;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Services;

/// <summary>Asks the ports of a queue, some at once, and keeps what they are in the group. One thread drives it; the questions run on the pool.</summary>
internal sealed class ServiceStage : IDisposable
{
    /// <summary>Connections at once to one host.</summary>
    private const int MaxOfHost = 8;

    /// <summary>Connections at once in all: far below any limit of open files.</summary>
    private const int MaxAtOnce = 128;

    private readonly HostGroup _group;
    private readonly ServiceQueue _queue;
    private readonly ServiceIdentifier _identifier;
    private readonly CancellationToken _stop;
    private readonly LinkedList<QueuedPort> _waiting;
    private readonly Dictionary<int, int> _running = [];
    private readonly Dictionary<int, CancellationTokenSource> _stops = [];
    private readonly ConcurrentQueue<(QueuedPort Port, ServiceAnswer Answer)> _answers = new();
    private readonly SemaphoreSlim _answered = new(0);
    private int _inFlight;
    private int _done;

    public ServiceStage(HostGroup group, ServiceQueue queue, ServiceIdentifier identifier, CancellationToken stop)
    {
        (_group, _queue, _identifier, _stop) = (group, queue, identifier, stop);
        _waiting = new LinkedList<QueuedPort>(queue.Ports);
    }

    /// <summary>The part of the ports that is known, 0 to 1.</summary>
    public double Done => (double)_done / Math.Max(1, _queue.Count);

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

        return _inFlight == 0 && _waiting.Count == 0;
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

    // Whoever is in the middle of a question ends with its host's time. Only hosts that are asked now are in the table.
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
        for (var node = _waiting.First; node is not null && _inFlight < MaxAtOnce;)
        {
            var next = node.Next;
            var port = node.Value;
            if (!_group.IsActive(port.Host))
            {
                // Its time is over (--host-timeout).
                _waiting.Remove(node);
                _group.EndHearing(port.Host);
                _done++;
            }
            else if (_running.GetValueOrDefault(port.Host) < MaxOfHost)
            {
                _waiting.Remove(node);
                _running[port.Host] = _running.GetValueOrDefault(port.Host) + 1;
                _inFlight++;
                _ = AskAsync(port, StopOf(port.Host));
            }

            node = next;
        }
    }

    private async Task AskAsync(QueuedPort port, CancellationToken stop)
    {
        var answer = new ServiceAnswer(ServiceOutcome.None, null);
        try
        {
            answer = await Task.Run(() => _identifier.IdentifyAsync(TargetOf(port), stop), CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The scan ends.
        }
        finally
        {
            _answers.Enqueue((port, answer));
            _answered.Release();
        }
    }

    private ServiceTarget TargetOf(in QueuedPort port)
    {
        var target = _group[port.Host];
        var scope = target.ScopeId == 0 ? null : target.ScopeId.ToString(CultureInfo.InvariantCulture);
        return new ServiceTarget(new RemoteSocket(target.Address, scope, port.Port.Port), port.Port.Protocol, target.Name)
        {
            IsOfPrinter = _queue.Printers.Contains(port.Host),
            IsSilent = !port.IsOpen,
            RunNumber = _queue.RunNumber,
        };
    }

    private void TakeOne()
    {
        if (!_answers.TryDequeue(out var taken))
        {
            return;
        }

        var (port, answer) = taken;
        _inFlight--;
        _done++;
        if (--_running[port.Host] == 0)
        {
            _running.Remove(port.Host);
            _stops.Remove(port.Host, out var stop);
            stop?.Dispose();
        }

        _group.EndHearing(port.Host);
        if (answer.Outcome == ServiceOutcome.None || !_group.IsActive(port.Host))
        {
            return;
        }

        if (!port.IsOpen && answer.Outcome is ServiceOutcome.Identified or ServiceOutcome.Unknown)
        {
            // It kept silent to the scan and answers its protocol's own question: it is open.
            _group.Record(port.Host, port.Slot, new PortResult(port.Port, PortState.Open, ReplyReason.UdpResponse, 0, Evidence.AcceptedData, null));
        }

        if (port.IsOpen || answer.Outcome is ServiceOutcome.Identified or ServiceOutcome.Unknown)
        {
            _group.SetAnswer(port.Host, port.Slot, answer);
            _group.Release(port.Host, port.Slot);
        }
    }
}
