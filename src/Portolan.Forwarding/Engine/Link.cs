using Portolan.Forwarding.Proxy;
using Portolan.Forwarding.Statistics;
using Portolan.Forwarding.Targets;
using Portolan.Linux;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>A connection of a client and the one to its target: both directions, and all that ends them.</summary>
/// <remarks>
/// Each end's close is passed on alone (shutdown(2)), so that the other direction goes on; a reset is passed on as a reset. An object
/// serves one connection after the other and holds no buffer while its connection is idle.
/// </remarks>
internal sealed class Link(Worker worker) : Watched
{
    private const int Client = 0;
    private const int Server = 1;

    /// <summary>After so many milliseconds it is tried again.</summary>
    private const long WaitStep = 20;

    private RunningForward _forward = null!;
    private ForwardRules _rules = null!;
    private ForwardCounters _counters = null!;
    private Flow _up;
    private Flow _down;
    private int _client = -1;
    private int _server = -1;
    private Stage _stage;
    private InternetAddress? _source;
    private PortNumber _sourcePort;
    private ForwardTarget? _target;
    private RelayAddress? _address;
    private ulong _tried;
    private int _addressTry;
    private EndCause _lastFailure;
    private long _openedAt;
    private long _activeAt;
    private long _throttledUntil;
    private bool _hasKeepAlive;
    private bool _mayStreamShort;
    private bool _isClientWatched;
    private ProxyHeader _header;
    private EndCause? _reset;

    private enum Stage : byte
    {
        Closed,

        /// <summary>The client is to send a PROXY header first.</summary>
        Header,

        /// <summary>The target's queue is full, or this host has no descriptor: tried again in a moment.</summary>
        Waiting,
        Connecting,
        Open,
    }

    /// <summary>Whether nothing is under way: both ends are silent.</summary>
    public bool IsQuiet => !_up.HoldsBytes && !_down.HoldsBytes;

    /// <summary>Takes an accepted connection and connects to a target.</summary>
    public void Open(RunningForward forward, ForwardCounters counters, in Accepted accepted)
    {
        _forward = forward;
        _rules = forward.Rules;
        _counters = counters;
        _client = accepted.Descriptor;
        _source = accepted.Client;
        _sourcePort = accepted.ClientPort;
        (_up, _down) = (default, default);
        (_target, _address, _tried, _lastFailure) = (null, null, 0, EndCause.Failed);
        (_openedAt, _activeAt, _throttledUntil) = (worker.Now, worker.Now, 0);
        (_hasKeepAlive, _reset, _isClientWatched, _header) = (false, null, false, default);
        worker.Watch(this);
        if (_rules.Spec.Options.ProxyIn)
        {
            AwaitHeader();
        }
        else
        {
            ConnectNext();
        }
    }

    /// <summary>Whose connection it is.</summary>
    public RunningForward Forward => _forward;

    /// <summary>Ends it at once, with a reset.</summary>
    public void Stop() => Finish(EndCause.Stopped, isReset: true);

    /// <inheritdoc/>
    public override void OnEvent(int part, RelayEvent events)
    {
        // What was read until now was read before the mark; from here on an urgent byte is one like others.
        if ((events & RelayEvent.Urgent) != 0)
        {
            RelaySocket.KeepUrgentInline(part == Client ? _client : _server);
            (part == Client ? ref _up : ref _down).HasUrgent = true;
        }

        if (_stage != Stage.Open)
        {
            if (_stage == Stage.Connecting && part == Server)
            {
                OnConnecting(events);
            }
            else if (_stage == Stage.Header)
            {
                ReadHeader(hasEnded: (events & (RelayEvent.PeerEnded | RelayEvent.HungUp | RelayEvent.Error)) != 0);
            }

            return;
        }

        ref var from = ref part == Client ? ref _up : ref _down;
        ref var to = ref part == Client ? ref _down : ref _up;
        if ((events & (RelayEvent.Readable | RelayEvent.PeerEnded | RelayEvent.Error | RelayEvent.HungUp | RelayEvent.Urgent)) != 0)
        {
            from.IsReadable = true;
            from.ReadsToTheEnd |= (events & ~(RelayEvent.Readable | RelayEvent.Writable)) != 0;
        }

        if ((events & (RelayEvent.Writable | RelayEvent.Error | RelayEvent.HungUp)) != 0)
        {
            to.IsWritable = true;
        }

        Move();
    }

    /// <inheritdoc/>
    public override void OnTurn() => Move();

    /// <inheritdoc/>
    public override void OnDeadline()
    {
        if (_stage == Stage.Header)
        {
            Finish(EndCause.BadProxyHeader, isReset: true);
            return;
        }

        if (_stage == Stage.Waiting)
        {
            ConnectNext();
            return;
        }

        if (_stage == Stage.Connecting)
        {
            ConnectFailed(EndCause.TargetTimedOut);
            return;
        }

        if (_rules.IdleMilliseconds is { } idle && worker.Now - _activeAt >= idle)
        {
            Finish(EndCause.Idle, isReset: false);
            return;
        }

        if (!_hasKeepAlive && worker.Now - _openedAt >= worker.Engine.KeepAlive.AfterMilliseconds)
        {
            _hasKeepAlive = true;
            worker.Engine.KeepAlive.Set(_client);
            worker.Engine.KeepAlive.Set(_server);
        }

        if (_throttledUntil != 0 && worker.Now >= _throttledUntil)
        {
            _throttledUntil = 0;
            Move();
        }
        else
        {
            SetDeadline();
        }
    }

    private void AwaitHeader()
    {
        _stage = Stage.Header;
        if (!WatchClient())
        {
            Finish(EndCause.NoMemory, isReset: true);
            return;
        }

        worker.Wheel.Set(this, worker.Now + _rules.ConnectMilliseconds);
    }

    private bool WatchClient() =>
        _isClientWatched = _isClientWatched || worker.Events.Add(_client, WatchedTable.NumberOf(this, Client), RelayEvent.Stream) == 0;

    /// <summary>Looks at what has come, and takes the header out of the stream when it is whole.</summary>
    private void ReadHeader(bool hasEnded)
    {
        var bytes = worker.Pump.Scratch[..ProxyHeaderReader.MaxLength];
        var count = RelaySocket.Receive(_client, bytes, peek: true);
        if (count is -Errno.Again && !hasEnded)
        {
            return;
        }

        var read = count <= 0 ? ProxyRead.Bad : ProxyHeaderReader.Read(bytes[..count], out _header, out count);
        if (read == ProxyRead.Incomplete && !hasEnded)
        {
            return;
        }

        if (read != ProxyRead.Complete || RelaySocket.Receive(_client, bytes[..count]) != count)
        {
            Finish(EndCause.BadProxyHeader, isReset: true);
            return;
        }

        // From here on the client is who the proxy says it is.
        if (_header.Source is { } source)
        {
            (_source, _sourcePort) = (source, _header.SourcePort);
        }

        _stage = Stage.Closed;
        worker.Wheel.Clear(this);
        ConnectNext();
    }

    /// <summary>Puts a PROXY header before what the client sends.</summary>
    private void HoldHeader(int version)
    {
        var header = _header;
        if (header.Source is null && _source is { } source)
        {
            Span<byte> name = stackalloc byte[RelayAddress.MaxLength];
            header = RelayAddress.TryRead(name[..RelaySocket.OwnName(_client, name)], out var own, out var port)
                ? new ProxyHeader(source, _sourcePort, own, port)
                : default;
        }

        Span<byte> bytes = stackalloc byte[ProxyHeaderWriter.MaxLength];
        worker.Pump.Hold(ref _up, bytes[..ProxyHeaderWriter.Write(version, header, bytes)]);
    }

    private void ConnectNext()
    {
        while (true)
        {
            if (_target?.AddressFor(_addressTry) is not { } address)
            {
                if (_target?.Failed(worker.Now) == true)
                {
                    worker.Engine.TellTarget(_forward, _target, isUp: false, _lastFailure);
                }

                _addressTry = 0;
                _target = _rules.Targets.Choose(ref _tried, worker.Now);
                if (_target is null)
                {
                    Finish(_lastFailure, isReset: true);
                    return;
                }

                if (_target.Addresses.Length == 0)
                {
                    _lastFailure = EndCause.TargetUnknown;
                    continue;
                }

                address = _target.AddressFor(0)!;
            }

            if (TryConnect(address) is { } failure)
            {
                _lastFailure = failure;
                if (failure.IsOfThisHost() && worker.Now - _openedAt < _rules.ConnectMilliseconds)
                {
                    _stage = Stage.Waiting;
                    worker.Wheel.Set(this, worker.Now + WaitStep);
                    return;
                }

                _target.AddressFailed();
                _addressTry++;
                continue;
            }

            return;
        }
    }

    /// <summary>Begins to connect; why it failed at once, or <c>null</c>.</summary>
    private EndCause? TryConnect(RelayAddress address)
    {
        _server = RelaySocket.OpenStream(address.Family);
        if (_server < 0)
        {
            return ConnectCauses.Of(-_server);
        }

        if (!address.IsUnix)
        {
            RelaySocket.SendAtOnce(_server);
        }

        var result = RelaySocket.Connect(_server, address.Bytes);
        if (result < 0 && !ConnectCauses.IsUnderWay(-result))
        {
            CloseServer();
            return ConnectCauses.Of(-result);
        }

        var added = worker.Events.Add(_server, WatchedTable.NumberOf(this, Server), RelayEvent.Stream);
        if (added < 0)
        {
            CloseServer();
            return ConnectCauses.Of(-added);
        }

        _address = address;
        _mayStreamShort = address.IsUnix;
        _stage = Stage.Connecting;
        worker.Wheel.Set(this, worker.Now + _rules.ConnectMilliseconds);
        return null;
    }

    private void OnConnecting(RelayEvent events)
    {
        if ((events & (RelayEvent.Error | RelayEvent.HungUp)) != 0 && RelaySocket.TakeError(_server) is var error and > 0)
        {
            ConnectFailed(ConnectCauses.Of(error));
            return;
        }

        if ((events & (RelayEvent.Writable | RelayEvent.HungUp)) == 0)
        {
            return;
        }

        // To this host itself the kernel may choose the very port that is connected to, and the socket meets itself.
        if (!_address!.IsUnix && RelaySocket.IsOwnName(_server, _address))
        {
            ConnectFailed(EndCause.TargetRefused);
            return;
        }

        if (_target!.Succeeded(_address))
        {
            worker.Engine.TellTarget(_forward, _target, isUp: true, EndCause.Completed);
        }

        _stage = Stage.Open;
        _up.IsWritable = (events & RelayEvent.Writable) != 0;
        _down.IsReadable = (events & (RelayEvent.Readable | RelayEvent.PeerEnded | RelayEvent.HungUp)) != 0;
        _down.ReadsToTheEnd = _mayStreamShort || (events & ~(RelayEvent.Readable | RelayEvent.Writable)) != 0;
        _up.ReadsToTheEnd = _rules.Spec.Listen.Path is not null;
        if (_isClientWatched)
        {
            // What was told of the client before is over: it is tried.
            _up.IsReadable = _up.ReadsToTheEnd = _down.IsWritable = true;
        }
        else if (!WatchClient())
        {
            Finish(EndCause.NoMemory, isReset: true);
            return;
        }

        if (_rules.Spec.Options.ProxyOut is var version and > 0)
        {
            HoldHeader(version);
        }

        SetDeadline();
        if (_down.IsReadable || _up.IsReadable || _up.HoldsBytes)
        {
            Move();
        }
    }

    private void ConnectFailed(EndCause cause)
    {
        CloseServer();
        _stage = Stage.Closed;
        _lastFailure = cause;
        _target!.AddressFailed();
        _addressTry++;
        ConnectNext();
    }

    private void Move()
    {
        _activeAt = worker.Now;
        var (up, down) = (_up.Bytes, _down.Bytes);
        var isAlive = MoveOne(ref _up, _client, _server, _rules.RateUp, isUp: true)
            && MoveOne(ref _down, _server, _client, _rules.RateDown, isUp: false);
        if (_up.Bytes != up)
        {
            _counters.Up(_up.Bytes - up);
        }

        if (_down.Bytes != down)
        {
            _counters.Down(_down.Bytes - down);
        }

        if (!isAlive)
        {
            Finish(_reset!.Value, isReset: true);
        }
        else if (_up.IsDone && _down.IsDone)
        {
            Finish(_reset ?? EndCause.Completed, isReset: _reset is not null);
        }
    }

    /// <summary>Moves one direction; <c>false</c> when the connection is over.</summary>
    private bool MoveOne(ref Flow flow, int source, int sink, Limits.SharedTokenBucket? rate, bool isUp)
    {
        if (flow.IsDone)
        {
            return true;
        }

        switch (worker.Pump.Run(ref flow, source, sink, rate))
        {
            case FlowPause.HadItsTurn:
                worker.Queue(this);
                break;
            case FlowPause.Throttled:
                _throttledUntil = worker.Now + rate!.MillisecondsUntil(ThrottleStep);
                SetDeadline();
                break;
            case FlowPause.SourceFailed:
                _reset ??= KeepAlive.IsVanished(flow.Error)
                    ? isUp ? EndCause.ClientVanished : EndCause.TargetVanished
                    : isUp ? EndCause.ClientReset : EndCause.TargetReset;
                return false;
            case FlowPause.SinkFailed:
                // What that end sent before it went may still be read: the other direction finds its end.
                _reset ??= isUp ? EndCause.TargetReset : EndCause.ClientReset;
                worker.Pump.Drop(ref flow);
                flow.IsDone = true;
                ReadRest(isUp);
                return true;
        }

        if (flow.HasEnded && !flow.HoldsBytes)
        {
            flow.IsDone = true;
            ref var other = ref isUp ? ref _down : ref _up;
            if (!other.IsDone)
            {
                RelaySocket.ShutdownSending(sink);
            }
        }

        return true;
    }

    /// <summary>So much must be there before a direction that used up the rate goes on.</summary>
    private const int ThrottleStep = 16 * 1024;

    private void ReadRest(bool isUp)
    {
        ref var other = ref isUp ? ref _down : ref _up;
        other.IsReadable = true;
        other.ReadsToTheEnd = true;
        worker.Queue(this);
    }

    private void SetDeadline()
    {
        var deadline = _hasKeepAlive ? DeadlineWheel.Never : _openedAt + worker.Engine.KeepAlive.AfterMilliseconds;
        if (_rules.IdleMilliseconds is { } idle)
        {
            deadline = Math.Min(deadline, _activeAt + idle);
        }

        if (_throttledUntil != 0)
        {
            deadline = Math.Min(deadline, _throttledUntil);
        }

        worker.Wheel.Set(this, deadline);
    }

    private void CloseServer()
    {
        if (_server >= 0)
        {
            RelaySocket.Close(_server);
            _server = -1;
        }
    }

    private void Finish(EndCause cause, bool isReset)
    {
        if (_client < 0)
        {
            return;
        }

        worker.Forget(this);
        worker.Pump.Drop(ref _up);
        worker.Pump.Drop(ref _down);
        if (isReset)
        {
            RelaySocket.Reset(_client);
            if (_server >= 0)
            {
                RelaySocket.Reset(_server);
            }
        }
        else
        {
            RelaySocket.Close(_client);
            CloseServer();
        }

        _client = _server = -1;
        if (_stage == Stage.Open)
        {
            _target!.Ended();
        }

        _stage = Stage.Closed;
        _counters.Ended(cause);
        worker.Ended(_forward);
        worker.Engine.ReleaseDescriptors(2);
        if (worker.Engine.Observer.WantsConnections)
        {
            worker.Engine.Observer.ConnectionEnded(new ConnectionReport(
                _rules.Spec, _source, _sourcePort, _target?.Point, _up.Bytes, _down.Bytes,
                TimeSpan.FromMilliseconds(worker.Now - _openedAt), cause));
        }

        worker.Recycle(this);
    }
}
