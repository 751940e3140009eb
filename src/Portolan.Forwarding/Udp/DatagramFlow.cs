using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Statistics;
using Portolan.Forwarding.Targets;
using Portolan.Linux;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Udp;

/// <summary>The datagrams of one client: a connected socket towards the target of its own, so that replies find their way back. Ends when both are silent.</summary>
internal sealed class DatagramFlow(DatagramListener listener, Worker worker) : Watched
{
    private readonly byte[] _client = new byte[28];
    private readonly ForwardRules _rules = listener.Forward.Rules;
    private int _clientLength;
    private DatagramFacts _facts;
    private int _socket = -1;
    private Target? _target;
    private RelayAddress? _targetAddress;
    private InternetAddress _address;
    private PortNumber _port;
    private long _openedAt;
    private long _bytesUp;
    private long _bytesDown;
    private bool _isAnswered;
    private bool _awaitsAnswer;

    /// <summary>Whose flow it is.</summary>
    public RunningForward Forward => listener.Forward;

    /// <summary>The client.</summary>
    public FlowKey Key { get; private set; }

    /// <summary>When it last moved something, in the worker's milliseconds.</summary>
    public long ActiveAt { get; private set; }

    /// <summary>Its neighbour among the listener's flows.</summary>
    public DatagramFlow? Older { get; set; }

    /// <summary>Its neighbour among the listener's flows.</summary>
    public DatagramFlow? Newer { get; set; }

    /// <summary>When it ends, unless it moves something before.</summary>
    private long EndsAt
    {
        get
        {
            var idle = _rules.IdleMilliseconds!.Value;
            var times = worker.Engine.FlowTimes;
            return ActiveAt + (listener.IsStopping ? Math.Min(idle, _awaitsAnswer ? times.Answer : times.Quiet) : idle);
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
                if (failure == EndCause.NoResources)
                {
                    return failure;
                }

                _target.AddressFailed();
            }

            TargetFailed(cause);
        }

        return cause;
    }

    /// <summary>Sends messages of the batch to the target; <c>false</c> when the target had refused what came before, and the flow has ended.</summary>
    public bool SendUp(DatagramBatch batch, int first, int count, long bytes)
    {
        if (batch.Send(_socket, first, count, default, default) == Errno.ConnectionRefused)
        {
            Refused();
            return false;
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
        var count = batch.Receive(_socket);
        if (count <= 0)
        {
            if (count is -Errno.ConnectionRefused)
            {
                Refused();
            }

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

        _awaitsAnswer = false;
        Touch();
        var (bytes, packets) = DatagramListener.Count(batch, 0, count);
        _bytesDown += bytes;
        listener.SendDown(batch, count, bytes, packets, _client.AsSpan(0, _clientLength), _facts);
    }

    /// <inheritdoc/>
    public override void OnDeadline()
    {
        if (worker.Now >= EndsAt)
        {
            End(EndCause.Idle);
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
                _rules.Spec, _address, _port, _target.Point, _bytesUp, _bytesDown, TimeSpan.FromMilliseconds(worker.Now - _openedAt), cause));
        }
    }

    private void Touch()
    {
        ActiveAt = worker.Now;
        listener.Order.Touch(this);
        if (listener.IsStopping)
        {
            // Short times count now.
            SetDeadline();
        }
    }

    private EndCause? Connect(RelayAddress address)
    {
        _socket = RelaySocket.OpenDatagram(address.Family);
        var result = _socket < 0 ? _socket : RelaySocket.Connect(_socket, address.Bytes);
        if (result >= 0)
        {
            DatagramBatch.Prepare(_socket, isIPv6: false, tellsAddress: false);
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

        return ConnectCauses.Of(-result);
    }

    /// <summary>The target's host says that nobody listens there (ICMP port unreachable): the next datagram goes to another address or target.</summary>
    private void Refused()
    {
        _target!.AddressFailed();
        if (_target.Refused(_targetAddress!))
        {
            TargetFailed(EndCause.TargetRefused);
        }

        End(EndCause.TargetRefused);
    }

    private void TargetFailed(EndCause cause)
    {
        if (_target!.Failed(worker.Now))
        {
            worker.Engine.TellTarget(listener.Forward, _target, isUp: false, cause);
        }
    }
}
