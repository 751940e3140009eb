using Portolan.Lab.Running.Time;
using Portolan.Lab.Running.Wire;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace Portolan.Lab.Running;

/// <summary>
/// Where the world outside stands: a link, such as a TUN device whose other end is a kernel's, at a place in a network of the lab.
/// </summary>
internal sealed class Vantage : LabPart, IFrameSink, IDisposable
{
    /// <summary>Rounds of reading before the loop has its turn again.</summary>
    private const int Rounds = 64;

    private readonly LabEnvironment _lab;
    private readonly IPacketLink _outside;
    private readonly IFrameSender _toOutside;
    private readonly IFrameReceiver _fromOutside;
    private readonly IPacketLink _inside;
    private readonly IFrameSender _toLab;
    private readonly SegmentMember _member;
    private long _tooLong;

    internal Vantage(LabEnvironment lab, IPacketLink outside, Segment segment, Topology.LinkQuality quality)
    {
        if (outside.Layer != LinkLayer.Ip)
        {
            throw new ArgumentException($"{outside.Description} carries Ethernet frames; the vantage takes IP packets", nameof(outside));
        }

        _member = new SegmentMember(segment, LabDirectory.VantageName, lab.Loop) { Owner = this };
        segment.Add(_member);
        _member.HearsPort = static _ => true;
        segment.AddEar(_member);
        (_lab, _outside) = (lab, outside);
        (_toOutside, _fromOutside) = (outside.OpenSender(),
            outside.OpenReceiver(new FrameFilter([], PortNumber.Zero, new PortNumber(ushort.MaxValue))));
        _inside = lab.Wrap(_member, quality);
        _toLab = _inside.OpenSender();
    }

    /// <summary>Packets that the link outside did not take.</summary>
    internal long Refused { get; private set; }

    /// <summary>Packets that the link outside lost before the lab took them, and those that were longer than the MTU inside.</summary>
    internal long Lost => _fromOutside.Dropped + _tooLong;

    internal SegmentMember Member => _member;

    internal override Instant NextDeadline =>
        _member.HasFrames ? _lab.Clock.Now : _inside is ITimedLink timed ? timed.NextDeadline : Instant.Never;

    internal override void Run(Instant now)
    {
        if (_inside is ITimedLink timed && timed.NextDeadline <= now)
        {
            timed.OnTimer(now);
        }

        while (_member.TryTake(out var frame))
        {
            Send(frame.Bytes);
            _lab.Frames.Return(frame);
        }

        Count(_toOutside.Flush());
    }

    /// <summary>Waits until packets arrive from outside or the time is over, and injects those that arrived.</summary>
    public void Wait(TimeSpan timeout)
    {
        // Waits are counted in whole milliseconds.
        var rounds = 0;
        for (var wait = timeout < TimeSpan.FromMilliseconds(1) ? TimeSpan.Zero : timeout; rounds < Rounds
            && _fromOutside.Receive(this, wait) > 0; wait = TimeSpan.Zero)
        {
            rounds++;
        }

        if (rounds > 0)
        {
            _toLab.Flush();
            _lab.Loop.Schedule(this);
        }
    }

    /// <summary>Ends a wait, or the next one. Any thread.</summary>
    public void Wake() => _fromOutside.Wake();

    public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
    {
        var room = _toLab.Reserve();
        if (room.IsEmpty)
        {
            _toLab.Flush();
            room = _toLab.Reserve();
        }

        if (frame.Length <= room.Length)
        {
            frame.CopyTo(room);
            _toLab.Commit(frame.Length);
        }
        else
        {
            _tooLong++;
        }
    }

    public void Dispose()
    {
        _toOutside.Dispose();
        _fromOutside.Dispose();
        _toLab.Dispose();
        _outside.Dispose();
    }

    private void Send(ReadOnlySpan<byte> packet)
    {
        var room = _toOutside.Reserve();
        if (room.IsEmpty)
        {
            Count(_toOutside.Flush());
            room = _toOutside.Reserve();
        }

        if (packet.Length <= room.Length)
        {
            packet.CopyTo(room);
            _toOutside.Commit(packet.Length);
        }
        else
        {
            Refused++;
        }
    }

    private void Count(SendReport report) => Refused += report.Refused;
}
