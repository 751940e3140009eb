using Portolan.Fleet.Events;
using Portolan.Fleet.Messages;
using Portolan.Linux.Proc;
using Portolan.Scan.Results;

namespace Portolan.Fleet.Agent;

/// <summary>
/// <c>portolan agent</c>: takes chunks, scans them piece by piece within its own scope, and sends what it found. It stops sending when its
/// lease is over, whatever it hears: the time counts from before it asked, by a clock that goes on in a suspended machine.
/// </summary>
public sealed class FleetAgent
{
    // Clocks of two machines do not go alike, and a probe may wait in a queue of this one.
    private const double Drift = 0.02;
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);
    private const long LeastPiece = 256;

    private readonly AgentSettings _settings;
    private readonly ChunkScanner _scanner;
    private readonly AgentLink _link;
    private readonly TimeProvider _clock;
    private readonly Action<FleetEvent> _say;
    private readonly AgentCounters _counters;

    /// <summary>Makes an agent.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="mode">How it probes.</param>
    /// <param name="open">Opens what probes.</param>
    /// <param name="clock">The time.</param>
    /// <param name="say">Hears what a person should know.</param>
    /// <param name="counters">What is counted, where anything reads it.</param>
    /// <param name="checker">Makes what checks single targets; <c>null</c> for an agent that makes no checks.</param>
    public FleetAgent(
        AgentSettings settings, ScanMode mode, ProberSource open, TimeProvider clock, Action<FleetEvent> say,
        AgentCounters? counters = null, CheckerSource? checker = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        (_settings, _clock, _say, _counters) = (settings, clock, say, counters ?? new AgentCounters());
        _scanner = new ChunkScanner(settings.Scope, mode, open, clock);
        _link = new AgentLink(settings, mode == ScanMode.Raw ? "raw" : "connect", clock, say)
        {
            Counters = _counters,
            Checks = checker is null ? null : new CheckWorker(settings, checker, clock),
        };
    }

    /// <summary>Runs until cancelled. What is under way then goes back into the queue.</summary>
    /// <exception cref="PortolanException">The coordinator refuses this agent.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var linkEnd = new CancellationTokenSource();
        var link = _link.RunAsync(linkEnd.Token);
        var work = WorkAsync(end.Token);
        var first = await Task.WhenAny(work, _link.Refusal.Task);
        await end.CancelAsync();
        try
        {
            await work;
        }
        catch (OperationCanceledException)
        {
        }

        await linkEnd.CancelAsync();
        try
        {
            await link;
        }
        catch (OperationCanceledException)
        {
        }

        if (first == _link.Refusal.Task)
        {
            throw new PortolanException(
                $"the coordinator refuses this agent: {TerminalText.Escape(await _link.Refusal.Task)}",
                $"see that agents and coordinators have the same portolan (docs/fleet-operation.md), and the agent the zone of its user");
        }
    }

    private async Task WorkAsync(CancellationToken cancellation)
    {
        await foreach (var delivery in _link.Deliveries.ReadAllAsync(cancellation))
        {
            if (!delivery.Channel.IsOpen)
            {
                // Of a connection that was lost: the broker has it again.
                continue;
            }

            await WorkAsync(delivery, cancellation);
        }
    }

    private async Task WorkAsync(Delivery delivery, CancellationToken cancellation)
    {
        while (true)
        {
            var before = BootClock.Elapsed;
            var reply = await _link.AskAsync(LeaseVerb.Take, delivery.Chunk.Chunk, 0, cancellation);
            switch (reply)
            {
                case { Outcome: LeaseOutcome.Granted, Work: { } work }:
                    await ScanAsync(delivery, work, new Lease(reply.Attempt, before, reply.Seconds), cancellation);
                    return;
                case { Outcome: LeaseOutcome.Settled or LeaseOutcome.Stop }:
                    await delivery.DoneAsync();
                    return;
                case { Outcome: LeaseOutcome.Refused, Reason: { } reason }:
                    await delivery.ReturnAsync();
                    _link.Refusal.TrySetResult(reason);
                    await Task.Delay(Timeout.InfiniteTimeSpan, _clock, cancellation);
                    return;
            }

            if (!delivery.Channel.IsOpen)
            {
                return;
            }

            try
            {
                await Task.Delay(AskAgain, _clock, cancellation);
            }
            catch (OperationCanceledException)
            {
                await delivery.ReturnAsync();
                throw;
            }
        }
    }

    private async Task ScanAsync(Delivery delivery, ChunkWork work, Lease lease, CancellationToken cancellation)
    {
        var chunk = delivery.Chunk.Chunk;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var keeper = KeepAsync(chunk, lease, stop);
        var isDone = false;
        _counters.NoteChunk(chunk, _scanner.RateOf(work.Rate));
        try
        {
            var order = await Task.Run(() => new ChunkOrder(work), cancellation);
            var step = _scanner.RateOf(work.Rate) is { } rate
                ? Math.Max(LeastPiece, (long)Math.Min(long.MaxValue / 2, rate * _settings.Piece.TotalSeconds))
                : long.MaxValue / 2;
            for (var from = work.From; from < work.To && !stop.IsCancellationRequested;)
            {
                var to = Math.Min(work.To, from + step);
                var found = await Task.Factory.StartNew(
                    () => _scanner.Scan(order, work, from, to, Warn, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning,
                    TaskScheduler.Default);
                Count(found);
                foreach (var batch in found)
                {
                    await SendAsync(delivery.Chunk, lease, batch, stop.Token);
                }

                from = found.Count == 0 ? from : to;
                isDone = from == work.To;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        catch (FormatException exception)
        {
            _say(new FleetEvent(FleetEventCode.ChunkUnreadable)
            {
                Agent = _settings.Name,
                Job = delivery.Chunk.Job,
                Chunk = chunk,
                Detail = exception.Message,
            });
        }
        finally
        {
            _counters.NoteChunk(null, null);
            _counters.Add(isDone ? AgentCount.ChunksDone : AgentCount.ChunksLost);
            await stop.CancelAsync();
            await keeper;
        }

        if (cancellation.IsCancellationRequested)
        {
            using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(3), _clock);
            try
            {
                await _link.AskAsync(LeaseVerb.Release, chunk, lease.Attempt, brief.Token);
            }
            catch (OperationCanceledException)
            {
            }

            await delivery.ReturnAsync();
            cancellation.ThrowIfCancellationRequested();
        }

        // Lost or done: what is left, the coordinator publishes when the lease is over.
        await delivery.DoneAsync();
    }

    private void Warn(string text) => _say(new FleetEvent(FleetEventCode.ScanWarning) { Agent = _settings.Name, Detail = text });

    private void Count(IReadOnlyList<PieceBatch> found)
    {
        if (found.Count > 0)
        {
            _counters.Add(AgentCount.Pieces);
        }

        foreach (var counts in found.Select(static b => b.Counts))
        {
            _counters.Add(AgentCount.ProbesSent, counts.Sent);
            _counters.Add(AgentCount.Retries, counts.Retries);
            _counters.Add(AgentCount.Replies, counts.Replies);
        }
    }

    private async Task SendAsync(ChunkMessage chunk, Lease lease, PieceBatch piece, CancellationToken cancellation)
    {
        var batch = new ResultBatch
        {
            Job = chunk.Job,
            Chunk = chunk.Chunk,
            Attempt = lease.Attempt,
            Agent = _settings.Name,
            From = piece.From,
            To = piece.To,
            Codes = piece.Codes,
            Hosts = piece.Hosts,
            Ports = piece.Ports,
            Counts = piece.Counts,
        };

        // The lease ends the wait for a broker that does not come back.
        while (!await _link.SendAsync(batch, cancellation))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), _clock, cancellation);
        }
    }

    private async Task KeepAsync(long chunk, Lease lease, CancellationTokenSource stop)
    {
        try
        {
            while (true)
            {
                var left = lease.Until - BootClock.Elapsed;
                if (left <= TimeSpan.Zero)
                {
                    _say(new FleetEvent(FleetEventCode.LeaseOver) { Agent = _settings.Name, Chunk = chunk });
                    break;
                }

                var pause = lease.Term / 3;
                await Task.Delay(left < pause ? left : pause, _clock, stop.Token);
                var before = BootClock.Elapsed;
                if (before >= lease.Until)
                {
                    continue;
                }

                using var end = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
                var asking = _link.AskAsync(LeaseVerb.Renew, chunk, lease.Attempt, end.Token);
                var over = Task.Delay(lease.Until - before, _clock, end.Token);
                if (await Task.WhenAny(asking, over) == over)
                {
                    await end.CancelAsync();
                    await Task.WhenAll(asking, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    continue;
                }

                var reply = await asking;
                await end.CancelAsync();
                if (reply is { Outcome: LeaseOutcome.Granted })
                {
                    lease.Renew(before, reply.Seconds);
                }
                else if (reply is not null)
                {
                    _say(new FleetEvent(FleetEventCode.LeaseEnded) { Agent = _settings.Name, Chunk = chunk });
                    break;
                }
            }

            await stop.CancelAsync();
        }
        catch (OperationCanceledException)
        {
        }
    }

    private sealed class Lease
    {
        public Lease(int attempt, TimeSpan before, double seconds)
        {
            Attempt = attempt;
            Renew(before, seconds);
        }

        public int Attempt { get; }

        public TimeSpan Term { get; private set; }

        public TimeSpan Until { get; private set; }

        public void Renew(TimeSpan before, double seconds)
        {
            Term = TimeSpan.FromSeconds(seconds);
            var margin = (Term * Drift) + Margin;
            Until = before + Term - (margin < Term / 4 ? margin : Term / 4);
        }
    }
}
