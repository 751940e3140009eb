using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>
/// Tries the addresses of a host as RFC 8305 section 5 says: one after the other, the next when the last has failed or has had its head
/// start; the first connection wins and the others are given up. Every attempt is kept.
/// </summary>
internal sealed class ConnectionRace
{
    private readonly ICheckSockets _sockets;
    private readonly CheckOptions _options;
    private readonly StepClock _clock;
    private readonly List<Runner> _runners = [];

    public ConnectionRace(ICheckSockets sockets, CheckOptions options, StepClock clock)
    {
        _sockets = sockets;
        _options = options;
        _clock = clock;
    }

    /// <summary>Runs the race.</summary>
    /// <returns>All attempts, and the stream of the one that won.</returns>
    public async Task<(IReadOnlyList<ConnectTry> Tries, Stream? Stream)> RunAsync(
        IReadOnlyList<InternetAddress> addresses, string? scope, PortNumber port, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task<Runner>>();
        Runner? winner = null;
        for (var next = 0; winner is null && (next < addresses.Count || running.Count > 0);)
        {
            if (next < addresses.Count)
            {
                running.Add(StartAsync(new RemoteSocket(addresses[next++], scope, port), end.Token));
            }

            winner = await WaitAsync(running, mayStartAnother: next < addresses.Count, cancellationToken);
        }

        end.Cancel();
        foreach (var loser in running)
        {
            // Each ends at once; one that was connected in the same moment is closed.
            (await loser).GiveUp();
        }

        cancellationToken.ThrowIfCancellationRequested();
        return ([.. _runners.Select(r => r.ToTry())], winner?.Result.Stream);
    }

    /// <summary>Waits until an attempt has won, or another may be started, or none is left.</summary>
    private async Task<Runner?> WaitAsync(List<Task<Runner>> running, bool mayStartAnother, CancellationToken cancellationToken)
    {
        using var cancelDelay = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var headStart = mayStartAnother ? Task.Delay(_options.AttemptDelay, _clock.Time, cancelDelay.Token) : null;
        try
        {
            while (running.Count > 0)
            {
                var finished = headStart is null ? await Task.WhenAny(running) : await Task.WhenAny([.. running, headStart]);
                if (finished is not Task<Runner> attempt)
                {
                    return null;
                }

                running.Remove(attempt);
                var runner = await attempt;
                if (runner.Result.Outcome == ConnectionOutcome.Connected)
                {
                    return runner;
                }

                if (mayStartAnother)
                {
                    return null;
                }
            }

            return null;
        }
        finally
        {
            cancelDelay.Cancel();
        }
    }

    private async Task<Runner> StartAsync(RemoteSocket remote, CancellationToken end)
    {
        var runner = new Runner(remote, _clock.Now);
        _runners.Add(runner);
        using var limit = new StepLimit(_options.Timeout, _clock.Time, end);
        runner.Result = await _sockets.ConnectAsync(remote, limit.Token);
        runner.Elapsed = _clock.Now - runner.At;
        runner.WasGivenUp = runner.Result.Outcome == ConnectionOutcome.TimedOut && end.IsCancellationRequested && !limit.IsOver;
        return runner;
    }

    private sealed class Runner(RemoteSocket remote, TimeSpan at)
    {
        public TimeSpan At { get; } = at;

        public TimeSpan Elapsed { get; set; }

        public bool WasGivenUp { get; set; }

        public ConnectionAttempt Result { get; set; } = new(ConnectionOutcome.NotSent, Stream: null);

        public void GiveUp()
        {
            if (Result.Outcome == ConnectionOutcome.Connected)
            {
                Result.Dispose();
                WasGivenUp = true;
            }
        }

        public ConnectTry ToTry()
        {
            var result = WasGivenUp ? Result with { Outcome = ConnectionOutcome.Abandoned, Stream = null } : Result;
            return new ConnectTry(remote.Address, At, Elapsed, result.Outcome, ConnectWords.Summary(result, Elapsed))
            {
                Pair = result.Pair,
                Icmp = result.Icmp,
                Tcp = result.Tcp,
                Meaning = ConnectWords.Meaning(result),
            };
        }
    }
}
