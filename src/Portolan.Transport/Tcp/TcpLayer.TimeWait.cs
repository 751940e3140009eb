using Portolan.Model;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp.Core;
using Portolan.Transport.Tcp.Tables;

namespace Portolan.Transport.Tcp;

// TIME-WAIT: RFC 9293 sections 3.6.1 (MUST-13) and 3.10.7.4, reuse by RFC 6191 (MAY-2, SHLD-4), resets ignored by RFC 1337.
internal sealed partial class TcpLayer : IPairKeeper
{
    /// <summary>Steps of 16 ms: with 32 bits good for two years.</summary>
    private const int StepShift = 24;

    private readonly PairTable<RestingConnection> _resting;

    /// <summary>Bytes that a pair in TIME-WAIT takes, with its share of the tables.</summary>
    internal static int RestingBytes => PairTable<RestingConnection>.BytesEach;

    /// <summary>Bytes that a half-open connection takes, with its share of the tables.</summary>
    internal static int HalfOpenBytes => PairTable<HalfOpenConnection>.BytesEach;

    private uint Step => (uint)(Now.Nanoseconds >> StepShift);

    private uint TimeWaitSteps => (uint)(Environment.Timings.TimeWait >> StepShift) + 1;

    bool IPairKeeper.TryClear(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int zone)
    {
        var ends = new FlowEnds(local, localPort, remote, remotePort, zone);
        if (_flows.HasFlow(ends))
        {
            return false;
        }

        var index = _resting.Find(ends);
        if (index < 0)
        {
            return true;
        }

        ref var resting = ref _resting[index];
        var record = new TimeWaitRecord(resting.HasTimestamps, resting.TimestampRecent, resting.ReceiveNext);
        var since = TimeSpan.FromMilliseconds((uint)(Now.Milliseconds - resting.TimestampRecentAt));
        if (!TimeWaitReuse.MayConnect(record, Environment.Layout.HasTimestamps, since))
        {
            return false;
        }

        _reusedSequence = TimeWaitReuse.FirstSequence(resting.SendNext);
        _hasReusedSequence = true;
        EndRest(index);
        return true;
    }

    /// <summary>Returns whether the listener should look at it: a SYN that takes the pair over.</summary>
    private bool ArriveResting(int index, in IpArrival arrival, in IncomingSegment segment, ListenerGroup? group)
    {
        ref var resting = ref _resting[index];
        if (segment.IsRst)
        {
            // RFC 1337 section 3: an RST must not cut TIME-WAIT short.
            Counters.Drop(TcpDrop.InexactReset);
            return false;
        }

        if (segment.IsSyn && !segment.IsAck && group is not null)
        {
            var record = new TimeWaitRecord(resting.HasTimestamps, resting.TimestampRecent, resting.ReceiveNext);
            var syn = new TimeWaitSyn(segment.HasTimestamps && Environment.Layout.HasTimestamps, segment.TimestampValue, segment.Sequence);
            if (TimeWaitReuse.MayAccept(record, syn))
            {
                _reusedSequence = TimeWaitReuse.FirstSequence(resting.SendNext);
                _hasReusedSequence = true;
                EndRest(index);
                return true;
            }
        }

        // RFC 7323 section 5.3, and what RFC 9293 section 3.10.7.4 says of TIME-WAIT: only the FIN may come again; it is acknowledged and
        // the time starts anew. Anything else but what the peer would send now is acknowledged.
        var isOld = resting.HasTimestamps && segment.HasTimestamps
            && new SequenceNumber(segment.TimestampValue) < new SequenceNumber(resting.TimestampRecent);
        var isAcceptable = segment.Sequence.IsAcceptable((uint)segment.Length, resting.ReceiveNext, resting.Window);
        if (!segment.IsAck && !segment.IsSyn && isAcceptable && !isOld)
        {
            // RFC 9293 section 3.10.7.4: if the ACK bit is off, drop the segment.
            Counters.Drop(TcpDrop.BadAcknowledgment);
            return false;
        }

        if (isOld)
        {
            Counters.Drop(TcpDrop.Paws);
        }
        else if (!isAcceptable)
        {
            Counters.Drop(TcpDrop.OutsideWindow);
        }
        else if (segment.HasTimestamps && resting.HasTimestamps && segment.Length == 0 && segment.Sequence == resting.ReceiveNext)
        {
            // Only from what the peer may still send, as Linux does: text is not, and a forged time would keep the peer's next SYN out.
            resting.TimestampRecent = segment.TimestampValue;
            resting.TimestampRecentAt = (uint)Now.Milliseconds;
        }

        var isFinAgain = segment.IsFin && !isOld && segment.Sequence + (uint)segment.Length == resting.ReceiveNext;
        if (isFinAgain)
        {
            resting.EndsAt = Step + TimeWaitSteps;
            _resting.Requeue(index, 0);
        }

        if (segment.Length > 0 || isOld || !isAcceptable || segment.Sequence != resting.ReceiveNext)
        {
            ReplyAcknowledgment(arrival, segment.Segment, resting);
        }

        return false;
    }

    private void Rest(TcpConnection connection)
    {
        if (_resting.Count >= _options.MaxTimeWait && _resting.Oldest(0) is var oldest && oldest >= 0)
        {
            EndRest(oldest);
        }

        var record = connection.Core.Rest();
        var bound = connection.Holder!.Binding.Interface;
        record.Holder = _ports.Rest(connection.Holder, connection.Remote, connection.RemotePort);
        connection.Holder = null;
        record.Interface = (ushort)bound;
        record.EndsAt = Step + TimeWaitSteps;
        record.TimestampRecentAt = (uint)Now.Milliseconds;
        if (_resting.Add(connection.Ends, record, 0) < 0)
        {
            _ports.EndRest(record.Holder, connection.Remote, connection.RemotePort);
        }
    }

    private void OnTimeWaitTimers()
    {
        while (_resting.Oldest(0) is var index && index >= 0 && (int)(Step - _resting[index].EndsAt) >= 0)
        {
            EndRest(index);
        }
    }

    private long TimeWaitDeadline()
    {
        var index = _resting.Oldest(0);
        return index < 0
            ? TcpTimings.Never
            : ((Now.Nanoseconds >> StepShift) + Math.Max(0, (int)(_resting[index].EndsAt - Step))) << StepShift;
    }

    private void EndRest(int index)
    {
        var ends = _resting.EndsOf(index);
        _ports.EndRest(_resting[index].Holder, ends.Remote, ends.RemotePort);
        _resting.Remove(index);
    }
}
