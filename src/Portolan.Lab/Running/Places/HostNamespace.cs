using System.Collections.Concurrent;
using Portolan.Lab.Running.Hosts;
using Portolan.Lab.Running.Time;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Topology;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace Portolan.Lab.Running.Places;

/// <summary>
/// A kernel at the place of a host: it sends with the host's addresses from the host's end of the segment, and gets what answers that. The
/// host goes on answering for its own ports and pings; what comes for a port that is closed and that no program of the host uses is the
/// kernel's, so that a program there can listen.
/// </summary>
/// <remarks>The lab's thread, but for a thread that reads the link outside.</remarks>
internal sealed class HostNamespace : LabPart, IFrameSink, IDisposable
{
    /// <summary>Packets of the kernel that may wait for the lab.</summary>
    private const int Capacity = 16_384;

    /// <summary>How long the reading thread waits at a time: it is woken before.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);

    private readonly LabEnvironment _lab;
    private readonly VirtualHost _host;
    private readonly IPacketLink _outside;
    private readonly IFrameSender _toOutside;
    private readonly IFrameReceiver _fromOutside;
    private readonly IPacketLink _inside;
    private readonly IFrameSender _toLab;
    private readonly LocalFlowTable _flows = new();
    private readonly Queue<LabFrame> _toKernel = new();
    private readonly ConcurrentQueue<byte[]> _fromKernel = new();
    private readonly Thread _reader;
    private long _lost;
    private volatile bool _isDisposed;
    private volatile HashSet<ushort> _kept = [];

    internal HostNamespace(LabEnvironment lab, VirtualHost host, SegmentMember member, LinkQuality quality, IPacketLink outside)
    {
        (_lab, _host, _outside) = (lab, host, outside);
        (_toOutside, _fromOutside) = (outside.OpenSender(),
            outside.OpenReceiver(new FrameFilter([], PortNumber.Zero, new PortNumber(ushort.MaxValue))));
        _inside = lab.Wrap(member, quality);
        _toLab = _inside.OpenSender();
        _reader = new Thread(Read) { Name = $"place {host.Name}", IsBackground = true };
        _reader.Start();
    }

    /// <summary>Packets that were lost for want of room, on either way.</summary>
    internal long Lost => Interlocked.Read(ref _lost) + _fromOutside.Dropped;

    internal override Instant NextDeadline =>
        _toKernel.Count > 0 || !_fromKernel.IsEmpty ? _lab.Clock.Now : _inside is ITimedLink timed ? timed.NextDeadline : Instant.Never;

    /// <summary>Whether a packet that came to the host is the kernel's.</summary>
    internal bool Claims(ReadOnlySpan<byte> packet) =>
        PacketHeads.TryRead(packet, out var heads)
            && (_flows.Knows(heads) || _host.LeavesToPrograms(heads)
                || (heads.Protocol == Packets.IpProtocol.Tcp && _kept.Contains(heads.DestinationPort)));

    /// <summary>From now on a port of TCP that is the host's is the kernel's, for all clients. Any thread.</summary>
    internal void Keep(ushort port) => _kept = [.. _kept, port];

    /// <summary>A packet for the kernel. The frame is the place's from now on.</summary>
    internal void Give(LabFrame frame)
    {
        if (_toKernel.Count >= Capacity)
        {
            Interlocked.Increment(ref _lost);
            _lab.Frames.Return(frame);
            return;
        }

        _toKernel.Enqueue(frame);
        _lab.Loop.Schedule(this);
    }

    internal override void Run(Instant now)
    {
        if (_inside is ITimedLink timed && timed.NextDeadline <= now)
        {
            timed.OnTimer(now);
        }

        while (_fromKernel.TryDequeue(out var packet))
        {
            if (PacketHeads.TryRead(packet, out var heads))
            {
                _flows.Remember(heads);
            }

            SendInto(_toLab, packet);
        }

        _toLab.Flush();
        while (_toKernel.TryDequeue(out var frame))
        {
            SendInto(_toOutside, frame.Bytes);
            _lab.Frames.Return(frame);
        }

        Count(_toOutside.Flush());
    }

    /// <summary>A packet of the kernel, on the reading thread.</summary>
    public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
    {
        if (_fromKernel.Count >= Capacity)
        {
            Interlocked.Increment(ref _lost);
            return;
        }

        _fromKernel.Enqueue(frame.ToArray());
    }

    public void Dispose()
    {
        _isDisposed = true;
        _fromOutside.Wake();
        _reader.Join();
        _toOutside.Dispose();
        _fromOutside.Dispose();
        _toLab.Dispose();
        _outside.Dispose();
    }

    private void Read()
    {
        try
        {
            while (!_isDisposed)
            {
                if (_fromOutside.Receive(this, Turn) > 0)
                {
                    _lab.Loop.Knock(this);
                }
            }
        }
        catch (Exception exception) when (exception is Linux.LinuxException or ObjectDisposedException)
        {
            // A program has taken the interface away, who is root there: nothing comes from it any more.
        }
    }

    private void SendInto(IFrameSender sender, ReadOnlySpan<byte> packet)
    {
        var room = sender.Reserve();
        if (room.IsEmpty)
        {
            Count(sender.Flush());
            room = sender.Reserve();
        }

        if (packet.Length > room.Length)
        {
            Interlocked.Increment(ref _lost);
            return;
        }

        packet.CopyTo(room);
        sender.Commit(packet.Length);
    }

    private void Count(SendReport report) => Interlocked.Add(ref _lost, report.Refused);
}
