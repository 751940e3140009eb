using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Statistics;
using Portolan.Forwarding.Targets;
using Portolan.Linux;
using Portolan.Linux.Connecting;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Udp;

/// <summary>
/// The datagrams of one client: a connected socket towards the target of its own, so that replies find their way back. Ends soon after the
/// answers that were to come, where that is known (<see cref="Exchange"/>), else when both are silent.
/// </summary>
internal sealed class DatagramFlow(DatagramListener listener, Worker worker) : Watched
{
    /// <summary>Datagrams come in bulk: the kernel may join them, and its buffer may overflow.</summary>
    private const int BulkBytes = 32 * 1024;

    private readonly byte[] _client = new byte[28];
    private readonly ForwardRules _rules = listener.Forward.Rules;
    private Exchange _exchange = new(listener.Forward.Rules.Spec.Options.Responses);
    private int _clientLength;
    private DatagramFacts _facts;
    private int _socket = -1;
    private ForwardTarget? _target;
    private RelayAddress? _targetAddress;
    private InternetAddress _address;
    private PortNumber _port;
    private long _openedAt;
    private long _bytesUp;
    private long _bytesDown;
    private bool _isAnswered;
    private bool _awaitsAnswer;
    private bool _isJoined;
    private uint _drops;

    /// <summary>Whose flow it is.</summary>
    public RunningForward Forward => listener.Forward;

    /// <summary>The client.</summary>
    public FlowKey Key { get; private set; }

    /// <summary>When it last moved something, in the worker's milliseconds.</summary>
    public long ActiveAt { get; private set; }

    /// <summary>Where it stands among the listener's flows.</summary>
    public FlowOrder? Order { get; set; }

    /// <summary>Its neighbour among the listener's flows.</summary>
    public DatagramFlow? Older { get; set; }

    /// <summary>Its neighbour among the listener's flows.</summary>
    public DatagramFlow? Newer { get; set; }

    /// <summary>Whether all answers that were to come have come.</summary>
    public bool IsOver => _exchange.IsOver;

    /// <summary>Whether an answer is to come.</summary>
    public bool IsUnanswered => _exchange is { IsKnown: true, IsOver: false };

    /// <summary>When it ends, unless it moves something before.</summary>
    private long EndsAt
    {
        get
        {
            var idle = _rules.IdleMilliseconds!.Value;
            var times = worker.Engine.FlowTimes;
            var silence = IsOver ? Math.Min(idle, times.Over)
                : IsUnanswered && _rules.Spec.Options.Idle is null ? Math.Min(idle, times.Unanswered)
                : idle;
            return ActiveAt + (listener.IsStopping ? Math.Min(silence, _awaitsAnswer ? times.Answer : times.Quiet) : silence);
        }
    }

    /// <summary>Opens its socket; the reason when it cannot.</summary>
    public EndCause? Open(in FlowKey key, ReadOnlySpan<byte> client, in DatagramFacts facts)
    {
        (Key, _facts, _clientLength) = (key, facts, client.Length);
        client.CopyTo(_client);
        RelayAddress.TryRead(client, out _address, out _port);
        _openedAt = ActiveAt = worker.Now;
        var (tried, cause) = (0UL, EndCause.TargetUnknown);
        while ((_target = _rules.Targets.Choose(ref tried, worker.Now)) is not null)
        {
            for (var i = 0; _target.AddressFor(i) is { } address; i++)
            {
                if (Connect(address) is not { } failure)
                {
                    return null;
                }

                cause = failure;
                if (failure.IsOfThisHost())
                {
                    return failure;
                }

                _target.AddressFailed();
            }

            TargetFailed(cause);
        }

        return cause;
    }

    /// <summary>
    /// Sends messages of the batch to the target; <c>false</c> when the target had refused what came before, and the flow has ended.
    /// </summary>
    public bool SendUp(DatagramBatch batch, int first, int count, long bytes)
    {
        var outcome = batch.Send(_socket, first, count, default, default);
        if (outcome.Error == Errno.ConnectionRefused)
        {
            Fail(EndCause.TargetRefused);
            return false;
        }

        if (outcome.Lost > 0)
        {
            listener.Lose(ConnectCauses.OfSend(outcome.Error, toTarget: true), outcome.Lost, outcome.Error);
        }

        for (var i = first; i < first + count; i++)
        {
            Note(batch, i, isUp: true);
        }

        _bytesUp += bytes;
        _awaitsAnswer = true;
        Touch();
        return true;
    }

    /// <inheritdoc/>
    public override void OnEvent(int part, RelayEvent events)
    {
        var batch = listener.Batch;
        if (((events & RelayEvent.Error) != 0 && !TakeErrors()) || batch.Receive(_socket) is not (var count and > 0))
        {
            return;
        }

        if (!_isAnswered)
        {
            _isAnswered = true;
            if (_target!.Answered(_targetAddress!))
            {
                worker.Engine.TellTarget(listener.Forward, _target, isUp: true, EndCause.Completed);
            }
        }

        for (var i = 0; i < count; i++)
        {
            Note(batch, i, isUp: false);
        }

        _awaitsAnswer = false;
        Touch();
        var (bytes, packets) = DatagramListener.Count(batch, 0, count);
        _bytesDown += bytes;
        if (count == DatagramBatch.Capacity || bytes >= BulkBytes)
        {
            ExpectBulk();
        }

        listener.SendDown(batch, count, bytes, packets, _client.AsSpan(0, _clientLength), _facts);
    }

    /// <inheritdoc/>
    public override void OnDeadline()
    {
        if (worker.Now >= EndsAt)
        {
            if (IsUnanswered)
            {
                listener.Lose(EndCause.TargetTimedOut, 0);
            }

            End(IsOver ? EndCause.Completed : IsUnanswered ? EndCause.TargetTimedOut : EndCause.Idle);
        }
        else
        {
            SetDeadline();
        }
    }

    /// <summary>Has the deadline looked at anew: the forward ends.</summary>
    public void SetDeadline() => worker.Wheel.Set(this, EndsAt);

    /// <summary>Closes it.</summary>
    public void End(EndCause cause)
    {
        if (_socket < 0)
        {
            return;
        }

        worker.Forget(this);
        RelaySocket.Close(_socket);
        _socket = -1;
        _target!.Ended();
        listener.Ended(this, cause);
        if (worker.Engine.Observer.WantsConnections)
        {
            worker.Engine.Observer.ConnectionEnded(new ConnectionReport(
                _rules.Spec, _address, _port, _target.Point, _bytesUp, _bytesDown, TimeSpan.FromMilliseconds(worker.Now - _openedAt),
                cause));
        }
    }

    private void Touch()
    {
        ActiveAt = worker.Now;
        (IsOver ? listener.Over : listener.Active).Touch(this);
        if (Deadline > EndsAt + DeadlineWheel.Grain)
        {
            // A shorter time counts now.
            SetDeadline();
        }
    }

    /// <summary>Looks at each datagram of a message, also of those that the kernel joined, as of A and AAAA.</summary>
    private void Note(DatagramBatch batch, int index, bool isUp)
    {
        var rest = batch.PayloadOf(index);
        for (var left = batch.DatagramsOf(index); left > 0; left--)
        {
            var datagram = left > 1 ? rest[..batch.SegmentOf(index)] : rest;
            rest = rest[datagram.Length..];
            if (isUp)
            {
                _exchange.Asked(datagram);
            }
            else
            {
                _exchange.Answered(datagram);
            }
        }
    }

    /// <summary>
    /// The kernel may join what comes, and what it could not keep is counted. A flow of few datagrams is spared these calls.
    /// </summary>
    private void ExpectBulk()
    {
        if (!_isJoined)
        {
            _isJoined = true;
            RelaySocket.SetBuffers(_socket, Listeners.DatagramBuffer);
            DatagramBatch.Prepare(_socket, isIPv6: false, tellsAddress: false);
        }

        var drops = RelaySocket.Drops(_socket);
        if (drops != _drops)
        {
            listener.Lose(EndCause.ReceiveBuffer, drops - _drops, buffer: RelaySocket.ReceiveBuffer(_socket));
            _drops = drops;
        }
    }

    private EndCause? Connect(RelayAddress address)
    {
        _socket = RelaySocket.OpenDatagram(address.Family);
        var result = _socket < 0 ? _socket : worker.Sources.Connect(_socket, address);
        if (result >= 0)
        {
            RelaySocket.KeepErrors(_socket, address.Family);
            worker.Watch(this);
            result = worker.Events.Add(_socket, WatchedTable.NumberOf(this, 0), RelayEvent.Readable);
            if (result >= 0)
            {
                _targetAddress = address;
                _target!.Began();
                SetDeadline();
                return null;
            }

            worker.Forget(this);
        }

        if (_socket >= 0)
        {
            RelaySocket.Close(_socket);
            _socket = -1;
        }

        return ConnectCauses.OfDatagrams(-result);
    }

    /// <summary>What ICMP errors say about datagrams that were sent; <c>false</c> when the flow has ended.</summary>
    private bool TakeErrors()
    {
        while (ErrorQueue.TryTakeErrno(_socket, out var errno))
        {
            if (errno == Errno.ConnectionRefused)
            {
                Fail(EndCause.TargetRefused);
                return false;
            }

            if (errno != 0)
            {
                var cause = errno == Errno.MessageTooLarge ? EndCause.TooLarge : EndCause.TargetUnreachable;
                listener.Lose(cause, 1);
                // A path that has worked may work again (RFC 1122 section 4.1.3.3).
                if (cause == EndCause.TargetUnreachable && !_isAnswered)
                {
                    Fail(cause);
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>
    /// Nothing listens there (ICMP port unreachable), or no path leads there: the next datagram goes to another address or target.
    /// </summary>
    private void Fail(EndCause cause)
    {
        _target!.AddressFailed();
        if (_target.Refused(_targetAddress!))
        {
            TargetFailed(cause);
        }

        End(cause);
    }

    private void TargetFailed(EndCause cause)
    {
        if (_target!.Failed(worker.Now))
        {
            worker.Engine.TellTarget(listener.Forward, _target, isUp: false, cause);
        }
    }
}

/// <summary>Times of flows of datagrams, in milliseconds.</summary>
/// <param name="Evictable">A flow that has been silent for so long gives its place to a new client where there is no other.</param>
/// <param name="Answer">When the forward ends: so long a client may wait for an answer.</param>
/// <param name="Quiet">When the forward ends: after so long without a datagram behind an answer the talk is over.</param>
internal readonly record struct FlowTimes(long Evictable, long Answer, long Quiet)
{
    /// <summary>Longer than nearly all answers take, and short enough for a forward that is to end.</summary>
    public static FlowTimes Usual { get; } = new(2000, 3000, 500);

    /// <summary>After the last answer that was to come: what the client asks next from the same port goes on in the same flow.</summary>
    public long Over { get; init; } = 100;

    /// <summary>
    /// So long an answer that is to come is waited for, unless <c>--idle</c> says otherwise: longer than any client of such a protocol
    /// waits.
    /// </summary>
    public long Unanswered { get; init; } = 10_000;
}
