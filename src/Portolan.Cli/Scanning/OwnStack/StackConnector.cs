using Portolan.Linux;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace Portolan.Cli.Scanning.OwnStack;

/// <summary>Connects through Portolan's own TCP/IP stack beside the kernel's: no socket and no descriptor for each connection.</summary>
/// <remarks>
/// A stack for each interface that targets are behind, opened when the first is met. A connection that was made is reset, as the kernel's
/// connector does, but only after its ACK has left, so that the peer has seen a whole handshake. For one thread at a time.
/// </remarks>
internal sealed class StackConnector(INetwork network, StackConnectorOptions options) : IConnector
{
    // errno(3).
    private const int TryAgain = 11;
    private const int AddressInUse = 98;
    private const int AddressNotAvailable = 99;
    private const int NetworkDown = 100;
    private const int NetworkUnreachable = 101;
    private const int NoBuffers = 105;
    private const int TooManyFilesOfSystem = 23;
    private const int TooManyFiles = 24;

    /// <summary>
    /// How long it looks at one interface while there are others, and how soon it asks again for neighbours that are being found.
    /// </summary>
    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(1);

    private readonly Dictionary<int, InterfaceStack> _stacks = [];
    private readonly Dictionary<int, int> _broken = [];
    private readonly Dictionary<InternetAddress, Route> _routes = [];
    private readonly PriorityQueue<StackAttempt, long> _deadlines = new();
    private readonly List<StackAttempt> _waiting = [];
    private readonly List<StackAttempt> _made = [];
    private readonly Queue<ConnectOutcome> _ready = new();
    private int _inFlight;

    /// <inheritdoc/>
    public int Capacity => options.MaxInFlight;

    /// <inheritdoc/>
    public string Description => $"handshakes by the scanner's own stack from ports {options.Ports}, up to {Capacity} in flight";

    /// <inheritdoc/>
    public ConnectStart TryStart(in ConnectAttempt attempt)
    {
        if (attempt.Protocol != TransportProtocol.Tcp)
        {
            throw new NotSupportedException("this connector makes TCP connections only");
        }

        if (_inFlight == Capacity)
        {
            return new ConnectStart(ConnectStartResult.Busy, TryAgain);
        }

        if (!TryFindRoute(attempt.Address, out var route))
        {
            return new ConnectStart(ConnectStartResult.Denied, NetworkUnreachable);
        }

        if (route.IsLocal)
        {
            return new ConnectStart(ConnectStartResult.Denied, AddressNotAvailable);
        }

        var now = options.Clock.GetInstant();
        var made = new StackAttempt(this, attempt, now);
        try
        {
            made.Stack = StackOf(route);
            if (!made.Stack.IsReady(attempt.Address, route))
            {
                _waiting.Add(made);
            }
            else if (!TryBegin(made, route))
            {
                return new ConnectStart(ConnectStartResult.Busy, AddressInUse);
            }
        }
        catch (LinuxException exception)
        {
            return new ConnectStart(IsForNow(exception.Errno) ? ConnectStartResult.Busy : ConnectStartResult.Denied, exception.Errno);
        }

        _inFlight++;
        made.Due = now + attempt.Timeout;
        _deadlines.Enqueue(made, made.Due.Nanoseconds);
        return ConnectStart.Started;
    }

    /// <inheritdoc/>
    public int Complete(Span<ConnectOutcome> outcomes, TimeSpan timeout)
    {
        var now = Step();
        if (_ready.Count == 0 && timeout > TimeSpan.Zero)
        {
            Wait(now, timeout);
            Step();
        }

        var count = 0;
        while (count < outcomes.Length && _ready.TryDequeue(out var outcome))
        {
            outcomes[count++] = outcome;
        }

        return count;
    }

    /// <inheritdoc/>
    public void EndListening(Func<ulong, bool> isOver)
    {
        // What has come and was not taken yet counts.
        var now = Step();
        foreach (var (attempt, _) in _deadlines.UnorderedItems)
        {
            if (attempt is { IsListening: true, IsOver: false } && isOver(attempt.Asked.Token))
            {
                Finish(attempt, ConnectResult.Greeted, now, isCutOff: true);
            }
        }

        EndMade();
    }

    /// <summary>A connection is made. Called by it, in the middle of what the stack does.</summary>
    internal void Established(StackAttempt attempt, Instant now)
    {
        if (attempt.Asked.GreetingWait <= TimeSpan.Zero || attempt.IsOver)
        {
            Finish(attempt, ConnectResult.Connected, now);
            return;
        }

        _ready.Enqueue(new ConnectOutcome(attempt.Asked.Token, ConnectResult.Connected, 0, now - attempt.StartedAt) { IsListening = true });
        attempt.IsListening = true;
        attempt.ListensUntil = attempt.Due = now + attempt.Asked.GreetingWait;

        // Beside the time for the handshake, which puts it off: the greeting's pause may be over earlier.
        _deadlines.Enqueue(attempt, attempt.Due.Nanoseconds);
    }

    /// <summary>A peer said something, or closed. Called by its connection, in the middle of what the stack does.</summary>
    internal void Heard(StackAttempt attempt, bool isWhole, Instant now)
    {
        if (isWhole)
        {
            Finish(attempt, ConnectResult.Greeted, now);
            return;
        }

        var isFirst = attempt.Due == attempt.ListensUntil;
        attempt.Due = Instant.Earlier(attempt.ListensUntil, now + GreetingLimit.Pause);
        if (isFirst)
        {
            _deadlines.Enqueue(attempt, attempt.Due.Nanoseconds);
        }
    }

    /// <summary>An attempt has ended. Called by its connection, in the middle of what the stack does.</summary>
    internal void Finish(StackAttempt attempt, ConnectResult result, Instant now, int errno = 0, bool isCutOff = false)
    {
        if (attempt.IsOver)
        {
            return;
        }

        attempt.IsOver = true;
        _inFlight--;
        _ready.Enqueue(new ConnectOutcome(attempt.Asked.Token, result, errno, now - attempt.StartedAt)
        {
            Reply = attempt.Heard,
            IsCutOff = isCutOff,
        });
        if (result is ConnectResult.Connected or ConnectResult.Greeted)
        {
            _made.Add(attempt);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (attempt, _) in _deadlines.UnorderedItems)
        {
            if (attempt is { IsListening: true, IsOver: false })
            {
                _made.Add(attempt);
                attempt.IsOver = true;
            }
        }

        EndMade();
        foreach (var stack in _stacks.Values)
        {
            stack.Step(options.Clock.GetInstant());
            stack.Dispose();
        }
    }

    private Instant Step()
    {
        var now = options.Clock.GetInstant();
        BeginWaiting(now);
        foreach (var stack in _stacks.Values)
        {
            stack.Step(now);
        }

        EndMade();
        Expire(now);
        return now;
    }

    private void Wait(Instant now, TimeSpan timeout)
    {
        var latest = now + (_waiting.Count > 0 || _stacks.Count > 1 ? Shorter(timeout, ShortWait) : timeout);
        if (_deadlines.TryPeek(out _, out var due))
        {
            latest = Instant.Earlier(latest, new Instant(due));
        }

        foreach (var stack in _stacks.Values)
        {
            stack.WaitAndStep(latest);
            return;
        }

        Thread.Sleep(Shorter(timeout, ShortWait));
    }

    // Neighbours that have been found meanwhile.
    private void BeginWaiting(Instant now)
    {
        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            var attempt = _waiting[i];
            if (attempt.IsOver || TryBeginWaiting(attempt, now))
            {
                _waiting[i] = _waiting[^1];
                _waiting.RemoveAt(_waiting.Count - 1);
            }
        }
    }

    private bool TryBeginWaiting(StackAttempt attempt, Instant now)
    {
        if (!TryFindRoute(attempt.Asked.Address, out var route))
        {
            Finish(attempt, ConnectResult.NotSent, now, NetworkUnreachable);
            return true;
        }

        try
        {
            attempt.Stack = StackOf(route);
            if (!attempt.Stack.IsReady(attempt.Asked.Address, route))
            {
                return false;
            }
        }
        catch (LinuxException exception)
        {
            Finish(attempt, ConnectResult.NotSent, now, exception.Errno);
            return true;
        }

        if (!TryBegin(attempt, route))
        {
            Finish(attempt, ConnectResult.NotSent, now, AddressInUse);
        }

        return true;
    }

    private bool TryBegin(StackAttempt attempt, Route route)
    {
        // To open the interface may have taken milliseconds, which are no part of the round trip.
        var stack = StackOf(route);
        var now = options.Clock.GetInstant();
        attempt.StartedAt = now;
        attempt.Connection = stack.Connect(attempt.Asked, route.Source, attempt, now);
        return attempt.Connection is not null;
    }

    // What was made is reset, now that its ACK is on its way. The next step may be long in coming, or never come: so the resets leave at
    // once.
    private void EndMade()
    {
        if (_made.Count == 0)
        {
            return;
        }

        var now = options.Clock.GetInstant();
        foreach (var attempt in _made)
        {
            attempt.Connection?.Abort(now);
        }

        _made.Clear();
        foreach (var stack in _stacks.Values)
        {
            stack.Flush();
        }
    }

    private void Expire(Instant now)
    {
        while (_deadlines.TryPeek(out var attempt, out var due) && (attempt.IsOver || due <= now.Nanoseconds))
        {
            _deadlines.Dequeue();
            if (attempt.IsOver)
            {
                continue;
            }

            if (attempt.Due > now)
            {
                _deadlines.Enqueue(attempt, attempt.Due.Nanoseconds);
                continue;
            }

            if (attempt.IsListening)
            {
                Finish(attempt, ConnectResult.Greeted, now);
                EndMade();
                continue;
            }

            Finish(attempt, ConnectResult.TimedOut, now);
            attempt.Connection?.Abort(now);
            if (attempt.Connection is null)
            {
                attempt.Stack?.Forget(attempt.Asked.Address);
            }
        }
    }

    private bool TryFindRoute(InternetAddress address, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Route? route)
    {
        if (_routes.TryGetValue(address, out route))
        {
            return true;
        }

        if (_routes.Count == StackConnectorOptions.MostWays)
        {
            _routes.Clear();
        }

        route = network.FindRoute(address, options.InterfaceName, options.Source).Route;
        if (route is not null)
        {
            _routes[address] = route;
        }

        return route is not null;
    }

    private InterfaceStack StackOf(Route route)
    {
        if (_stacks.TryGetValue(route.InterfaceIndex, out var stack))
        {
            return stack;
        }

        if (_broken.TryGetValue(route.InterfaceIndex, out var errno))
        {
            throw new LinuxException(errno, $"open {route.InterfaceName}");
        }

        try
        {
            stack = new InterfaceStack(network, route, options);
        }
        catch (LinuxException exception) when (!IsForNow(exception.Errno) && exception.Errno != NetworkDown)
        {
            // It would fail the same way each time.
            _broken.Add(route.InterfaceIndex, exception.Errno);
            throw;
        }

        _stacks.Add(route.InterfaceIndex, stack);
        return stack;
    }

    // What is short now may be there a little later.
    private static bool IsForNow(int errno) =>
        errno is TryAgain or Errno.Interrupted or Errno.NoMemory or Errno.Busy or NoBuffers or TooManyFilesOfSystem or TooManyFiles;

    private static TimeSpan Shorter(TimeSpan first, TimeSpan second) => first < second ? first : second;
}
