using Portolan.Model;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp.Tables;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Tcp;

// Timers of all connections, links that were busy, and ICMP errors.
internal sealed partial class TcpLayer
{
    /// <summary>How often writers that wait for memory try again.</summary>
    private const long FeedInterval = 20 * TcpTimings.Millisecond;

    private readonly TimingWheel _wheel = new();
    private List<TcpConnection> _blocked = [];
    private List<TcpConnection> _unblocking = [];
    private readonly List<TcpConnection> _holding = [];
    private List<TcpConnection> _starved = [];
    private List<TcpConnection> _feeding = [];
    private long _feedAt = TcpTimings.Never;

    /// <inheritdoc/>
    public Instant NextDeadline
    {
        get
        {
            var next = Math.Min(Math.Min(_wheel.Next, _feedAt), Math.Min(HalfOpenDeadline(), TimeWaitDeadline()));
            return next == TcpTimings.Never ? Instant.Never : new Instant(next);
        }
    }

    /// <inheritdoc/>
    public void OnTimer(Instant now)
    {
        Now = now;
        if (_blocked.Count > 0)
        {
            Unblock();
        }

        while (_wheel.TryFire(now.Nanoseconds, out var id))
        {
            if (_connections[id] is not { } connection)
            {
                continue;
            }

            if (connection.Core.Deadline <= now.Nanoseconds)
            {
                connection.Core.OnTimer(now);
            }
            else
            {
                _wheel.Arm(id, connection.Core.Deadline, now.Nanoseconds);
            }
        }

        if (_feedAt <= now.Nanoseconds)
        {
            Feed();
        }

        OnHalfOpenTimers();
        OnTimeWaitTimers();
    }

    /// <inheritdoc/>
    public void OnTaken(Instant now)
    {
        Now = now;

        // Those who are notified of it meanwhile may hold nothing back: nothing is being taken.
        foreach (var connection in _holding)
        {
            connection.IsInHoldingList = false;
            if (!connection.IsForgotten)
            {
                connection.Core.OnTaken(now);
            }
        }

        _holding.Clear();
    }

    /// <inheritdoc/>
    public void OnIcmpError(in IcmpArrival report, ReadOnlySpan<byte> quoted, Instant now)
    {
        Now = now;
        if (quoted.Length < 8)
        {
            Counters.Drop(TcpDrop.Malformed);
            return;
        }

        var (localPort, remotePort) = (new PortNumber(ReadUInt16BigEndian(quoted)), new PortNumber(ReadUInt16BigEndian(quoted[2..])));
        var sequence = new SequenceNumber(ReadUInt32BigEndian(quoted[4..]));
        var match = _flows.Find(report.Source, localPort, report.Destination, remotePort, report.Interface, out var core, out _);
        if (match == DemultiplexerMatch.Flow)
        {
            core!.OnIcmp(report, sequence, report.PacketLength, now);
        }
        else if (_halfOpen.Count > 0
            && _halfOpen.Find(new FlowEnds(report.Source, localPort, report.Destination, remotePort, report.Interface)) is var half
            && half >= 0)
        {
            OnHalfOpenError(half, report.Problem, sequence);
        }
        else
        {
            // RFC 5927 section 4: there is nothing in flight that it could be about.
            Counters.Drop(TcpDrop.UnprovenIcmp);
        }
    }

    /// <summary>A connection has been worked on.</summary>
    internal void OnSettled(TcpConnection connection, Instant now)
    {
        Now = now;
        var core = connection.Core;
        if (core.IsOver)
        {
            if (!connection.IsForgotten)
            {
                Forget(connection);
            }

            return;
        }

        _wheel.Arm(connection.Id, core.Deadline, now.Nanoseconds);
        if (core.IsBlocked && !connection.IsInBlockedList)
        {
            connection.IsInBlockedList = true;
            _blocked.Add(connection);
        }

        if (core.IsHolding && !connection.IsInHoldingList)
        {
            connection.IsInHoldingList = true;
            _holding.Add(connection);
        }

        if (core.IsStarved && !connection.IsInStarvedList)
        {
            connection.IsInStarvedList = true;
            _starved.Add(connection);
            _feedAt = Math.Min(_feedAt, TcpTimings.Later(now.Nanoseconds, FeedInterval));
        }
    }

    /// <summary>Asks writers that wait for memory to try again.</summary>
    private void Feed()
    {
        _feedAt = TcpTimings.Never;
        (_starved, _feeding) = (_feeding, _starved);
        foreach (var connection in _feeding)
        {
            connection.IsInStarvedList = false;
            if (!connection.IsForgotten)
            {
                connection.Core.OnMemory(Now);
            }
        }

        _feeding.Clear();
    }

    private void Unblock()
    {
        (_blocked, _unblocking) = (_unblocking, _blocked);
        foreach (var connection in _unblocking)
        {
            connection.IsInBlockedList = false;
            if (!connection.IsForgotten)
            {
                connection.Core.OnLinkReady(Now);
            }
        }

        _unblocking.Clear();
    }
}
