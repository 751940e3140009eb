using System.Collections.Concurrent;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Checking;
using ConnectResult = Portolan.Packets.Links.ConnectResult;

namespace Portolan.Scan.Proxies;

/// <summary>
/// Connects through proxies. What they say of a target is its outcome; where they cannot be reached or used the scan ends, for that says
/// nothing of any target.
/// </summary>
public sealed class ProxyConnector : IConnector
{
    private const int MostInFlight = 64;

    // One attempt may meet a proxy that is full for a moment.
    private const int MostFailures = 3;

    // errno(3).
    private const int TryAgain = 11;
    private const int FamilyNotSupported = 97;

    /// <summary>
    /// The kernel of the last proxy sends a SYN again after one second and after three: what is given up earlier is not a silent port.
    /// </summary>
    private static readonly TimeSpan LeastTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// An answer through proxies that comes late says nothing of lost packets: their kernels repeat them, and this host's loses none.
    /// </summary>
    private static readonly TimeSpan MostElapsed = TimeSpan.FromMilliseconds(850);

    private readonly ProxyRoute _route;
    private readonly ICheckSockets _sockets;
    private readonly TimeProvider _clock;
    private readonly ConcurrentQueue<ConnectOutcome> _ready = new();
    private readonly ConcurrentDictionary<ulong, CancellationTokenSource> _listening = new();
    private readonly ManualResetEventSlim _some = new(initialState: false);
    private readonly CancellationTokenSource _ending = new();
    private int _inFlight;
    private int _failures;
    private volatile PortolanException? _broken;

    private ProxyConnector(ProxyRoute route, ICheckSockets sockets, TimeProvider clock) =>
        (_route, _sockets, _clock) = (route, sockets, clock);

    /// <inheritdoc/>
    public int Capacity => MostInFlight;

    /// <inheritdoc/>
    public string Description => $"connections through {_route}, up to {Capacity} at once";

    /// <summary>Opens it, once the last proxy was reached.</summary>
    /// <exception cref="PortolanException">A proxy cannot be reached or used.</exception>
    public static ProxyConnector Open(ProxyRoute route, ICheckSockets sockets, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(route);
        using var giveUp = new CancellationTokenSource(CheckTimeout, clock);
        var (reply, stream) = route.ConnectAsync(sockets, target: null, giveUp.Token).GetAwaiter().GetResult();
        stream?.Dispose();
        return reply.Answer == ProxyAnswer.Connected ? new ProxyConnector(route, sockets, clock) : throw Broken(reply);
    }

    /// <inheritdoc/>
    public ConnectStart TryStart(in ConnectAttempt attempt)
    {
        if (attempt.Protocol != TransportProtocol.Tcp)
        {
            throw new NotSupportedException("proxies carry TCP connections only");
        }

        if (_inFlight == Capacity || _broken is not null)
        {
            return new ConnectStart(ConnectStartResult.Busy, TryAgain);
        }

        _inFlight++;
        _ = RunAsync(attempt);
        return ConnectStart.Started;
    }

    /// <inheritdoc/>
    /// <exception cref="PortolanException">A proxy cannot be reached or used.</exception>
    public int Complete(Span<ConnectOutcome> outcomes, TimeSpan timeout)
    {
        if (_ready.IsEmpty && _broken is null && timeout > TimeSpan.Zero)
        {
            _some.Wait(timeout);
        }

        _some.Reset();
        if (_broken is { } broken)
        {
            throw broken;
        }

        var count = 0;
        while (count < outcomes.Length && _ready.TryDequeue(out var outcome))
        {
            _inFlight -= outcome.IsListening ? 0 : 1;
            outcomes[count++] = outcome;
        }

        return count;
    }

    /// <inheritdoc/>
    public void EndListening(Func<ulong, bool> isOver)
    {
        foreach (var (token, cut) in _listening)
        {
            if (!isOver(token))
            {
                continue;
            }

            try
            {
                cut.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has ended meanwhile.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ending.Cancel();

    private static PortolanException Broken(ProxyReply reply) => new(
        $"{reply.Words}; the targets' state is unknown, so the scan ends", $"check the proxy: portolan check HOST:PORT");

    private async Task RunAsync(ConnectAttempt attempt)
    {
        var began = _clock.GetTimestamp();
        using var late = new CancellationTokenSource(attempt.Timeout > LeastTimeout ? attempt.Timeout : LeastTimeout, _clock);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _ending.Token);
        try
        {
            var (reply, stream) = await _route.ConnectAsync(
                _sockets, new ProxyTarget(_route.Names.NameOf(attempt.Address), attempt.Address, attempt.Port), giveUp.Token);
            var elapsed = _clock.GetElapsedTime(began);
            elapsed = elapsed < MostElapsed ? elapsed : MostElapsed;
            if (stream is null)
            {
                End(OutcomeOf(reply, attempt.Token, elapsed));
                return;
            }

            _failures = 0;
            await using (stream)
            {
                var isListening = attempt.GreetingWait > TimeSpan.Zero;
                End(new ConnectOutcome(attempt.Token, ConnectResult.Connected, 0, elapsed) { IsListening = isListening });
                if (isListening)
                {
                    await ListenAsync(stream, attempt, elapsed);
                }
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever it is, the worker waits for an outcome.
            _broken ??= exception as PortolanException ?? new PortolanException(
                $"a connection through {_route} failed: {exception.Message}", $"run it again with --debug", ExitCode.Failed, exception);
            _some.Set();
        }
    }

    private async Task ListenAsync(Stream stream, ConnectAttempt attempt, TimeSpan elapsed)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        var began = _clock.GetTimestamp();
        using var over = new CancellationTokenSource(attempt.GreetingWait, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cut.Token, over.Token);
        _listening[attempt.Token] = cut;
        var (heard, length) = (new byte[GreetingLimit.MaxLength], 0);
        try
        {
            while (length < heard.Length && await stream.ReadAsync(heard.AsMemory(length), either.Token) is > 0 and var count)
            {
                length += count;
                var left = attempt.GreetingWait - _clock.GetElapsedTime(began);
                over.CancelAfter(left <= TimeSpan.Zero ? TimeSpan.Zero : left < GreetingLimit.Pause ? left : GreetingLimit.Pause);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // What it said before counts.
        }
        finally
        {
            _listening.TryRemove(attempt.Token, out _);
        }

        End(new ConnectOutcome(attempt.Token, ConnectResult.Greeted, 0, elapsed)
        {
            Reply = heard.AsMemory(0, length),
            IsCutOff = cut.IsCancellationRequested,
        });
    }

    private ConnectOutcome OutcomeOf(ProxyReply reply, ulong token, TimeSpan elapsed)
    {
        switch (reply.Answer)
        {
            case ProxyAnswer.Useless:
            case ProxyAnswer.NoProxy when Interlocked.Increment(ref _failures) >= MostFailures:
                _broken ??= Broken(reply);
                return new ConnectOutcome(token, ConnectResult.NotSent, TryAgain, elapsed);
            case ProxyAnswer.NoProxy:
                return new ConnectOutcome(token, ConnectResult.NotSent, TryAgain, elapsed);
            case ProxyAnswer.WrongAddress:
                _failures = 0;
                return new ConnectOutcome(token, ConnectResult.NotSent, FamilyNotSupported, elapsed);
            default:
                _failures = 0;
                return new ConnectOutcome(token, ResultOf(reply.Answer), 0, elapsed);
        }
    }

    private static ConnectResult ResultOf(ProxyAnswer answer) => answer switch
    {
        ProxyAnswer.Refused => ConnectResult.Refused,
        ProxyAnswer.HostUnreachable => ConnectResult.HostUnreachable,
        ProxyAnswer.NetworkUnreachable => ConnectResult.NetworkUnreachable,
        ProxyAnswer.Prohibited => ConnectResult.Prohibited,
        ProxyAnswer.TimedOut => ConnectResult.TimedOut,
        _ => ConnectResult.ProxyFailed,
    };

    private void End(in ConnectOutcome outcome)
    {
        _ready.Enqueue(outcome);
        _some.Set();
    }
}
