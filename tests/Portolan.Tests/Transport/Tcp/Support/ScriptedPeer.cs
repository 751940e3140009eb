using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;
using Portolan.Transport.Tcp.Buffers;
using Portolan.Transport.Tcp.Core;

namespace Portolan.Tests.Transport.Tcp.Support;

/// <summary>A segment as it left, with numbers relative to the initial ones.</summary>
internal sealed record SentBytes(
    long At, TcpFlags Flags, uint Sequence, uint Acknowledgment, int Window, byte[] Payload, byte[] Options, EcnCodepoint Ecn,
    ushort Urgent, IpDeparture Departure)
{
    public int Length => Payload.Length;

    public override string ToString() =>
        $"{At / 1_000_000} ms {Flags} {Sequence}:{Sequence + Payload.Length}({Payload.Length}) ack {Acknowledgment} win {Window}";

    public (uint Start, uint End)[] Sack(uint origin)
    {
        Assert.True(TcpSegment.TryRead(Whole(), out var segment));
        var blocks = segment.Options.SackBlocks;
        var list = new List<(uint, uint)>();
        for (var i = 0; i < blocks.Count; i++)
        {
            list.Add((blocks[i].Start - origin, blocks[i].End - origin));
        }

        return [.. list];
    }

    public (uint Value, uint Echo)? Timestamps()
    {
        Assert.True(TcpSegment.TryRead(Whole(), out var segment));
        return segment.Options.TryReadTimestamps(out var value, out var echo) ? (value, echo) : null;
    }

    private byte[] Whole()
    {
        var bytes = new byte[20 + Options.Length];
        bytes[12] = (byte)(bytes.Length / 4 << 4);
        Options.CopyTo(bytes, 20);
        return bytes;
    }
}

/// <summary>
/// One connection and a peer whose every segment a test writes: packetdrill in a class. Sequence numbers are relative; the SYNs have 0.
/// </summary>
internal sealed class ScriptedPeer : ITcpOwner
{
    public const uint LocalInitial = 0xffff_f000;
    public const uint PeerInitial = 0x7fff_ff00;
    public static readonly InternetAddress Here = InternetAddress.FromIPv4(0xc6120001);
    public static readonly InternetAddress There = InternetAddress.FromIPv4(0xc6120002);

    private readonly WireOutput _output;

    public ScriptedPeer(TcpProfile? profile = null, int mtu = 1500, long memory = 64 << 20)
    {
        Pool = new PacketPool(new PacketPoolOptions { Poison = true });
        _output = new WireOutput(Here, Capture) { Mtu = mtu };
        Assert.True(_output.TryFindPath(Here, There, 0, out var path));
        Path = (WirePath)path;
        Memory = new TcpMemory(Pool, memory);
        Environment = new TcpEnvironment(_output, profile ?? TcpProfile.Linux, Memory);
        Core = new TcpCore(Environment, this, path, new PortNumber(40000), new PortNumber(80), timestampOffset: 0);
    }

    public PacketPool Pool { get; }

    public TcpMemory Memory { get; }

    public WirePath Path { get; }

    public TcpEnvironment Environment { get; }

    public TcpCore Core { get; }

    public Instant Now { get; private set; } = new(1_000_000_000);

    public Queue<SentBytes> Sent { get; } = new();

    public TcpEvents Events { get; private set; }

    /// <summary>What happened since the last call.</summary>
    public TcpEvents TakeEvents()
    {
        var events = Events;
        Events = TcpEvents.None;
        return events;
    }

    public int ClosedCount { get; private set; }

    /// <summary>What the owner does when it is told.</summary>
    public Action<TcpEvents>? Told { get; set; }

    public bool IsLinkBusy
    {
        get => _output.IsBusy;
        set => _output.IsBusy = value;
    }

    /// <summary>Lets the segments that a test injects meanwhile come together.</summary>
    public void Together(Action inject)
    {
        _output.IsTaking = true;
        inject();
        _output.IsTaking = false;
        if (Core.IsHolding)
        {
            Core.OnTaken(Now);
        }
    }

    /// <summary>What the peer's window field says when a test does not.</summary>
    public int Window { get; set; } = 60_000;

    /// <summary>Opens from here: SYN, SYN-ACK with options, ACK.</summary>
    public static ScriptedPeer Connected(
        TcpProfile? profile = null, int mss = 1460, bool sack = true, bool timestamps = false, int? windowScale = null, int mtu = 1500,
        int window = 60_000)
    {
        var peer = new ScriptedPeer(profile, mtu) { Window = window };
        peer.Core.Connect(new SequenceNumber(LocalInitial), peer.Now);
        var syn = peer.Next();
        Assert.Equal(TcpFlags.Syn, syn.Flags & TcpFlags.Syn);
        peer.Advance(10);
        peer.Inject(
            TcpFlags.Syn | TcpFlags.Ack, 0, 1,
            options: SynOptions(mss, sack, timestamps ? (1000u, syn.Timestamps()!.Value.Value) : null, windowScale));
        Assert.Equal(TcpState.Established, peer.Core.State);
        var ack = peer.Next();
        Assert.Equal((TcpFlags.Ack, 1u, 1u), (ack.Flags, ack.Sequence, ack.Acknowledgment));
        peer.Quiet();
        return peer;
    }

    public static byte[] SynOptions(int mss, bool sack, (uint Value, uint Echo)? timestamps, int? windowScale)
    {
        var buffer = new byte[40];
        var writer = new TcpOptionsWriter(buffer);
        writer.AddMaximumSegmentSize((ushort)mss);
        if (sack)
        {
            writer.AddSackPermitted();
        }

        if (timestamps is { } stamps)
        {
            writer.AddTimestamps(stamps.Value, stamps.Echo);
        }

        if (windowScale is { } shift)
        {
            writer.AddWindowScale((byte)shift);
        }

        return buffer[..writer.Pad()];
    }

    public static byte[] Timestamps(uint value, uint echo)
    {
        var buffer = new byte[12];
        var writer = new TcpOptionsWriter(buffer);
        writer.AddNoOperation();
        writer.AddNoOperation();
        writer.AddTimestamps(value, echo);
        return buffer;
    }

    public static byte[] Sack(params (uint Start, uint End)[] blocks)
    {
        var buffer = new byte[40];
        var writer = new TcpOptionsWriter(buffer);
        writer.AddNoOperation();
        writer.AddNoOperation();
        writer.AddSackBlocks([.. blocks.Select(b => new TcpSackBlock(LocalInitial + b.Start, LocalInitial + b.End))]);
        return buffer[..writer.Pad()];
    }

    /// <summary>The peer sends a segment.</summary>
    public void Inject(
        TcpFlags flags, uint sequence, uint acknowledgment = 0, byte[]? payload = null, int? window = null, byte[]? options = null,
        EcnCodepoint ecn = default, ushort urgent = 0)
    {
        var buffer = new byte[70_000];
        var header = new TcpHeader(
            new PortNumber(80),
            new PortNumber(40000),
            PeerInitial + sequence,
            (flags & TcpFlags.Ack) != 0 ? LocalInitial + acknowledgment : 0,
            flags,
            (ushort)(window ?? Window),
            urgent);
        var length = TcpWriter.Write(buffer, There, Here, header, options, payload);
        Assert.True(TcpSegment.TryRead(buffer.AsSpan(0, length), out var segment));
        Core.OnSegment(new IncomingSegment(segment, ecn), Now);
    }

    /// <summary>The peer acknowledges.</summary>
    public void Ack(uint acknowledgment, params (uint Start, uint End)[] sack) =>
        Inject(TcpFlags.Ack, 1, acknowledgment, options: sack.Length > 0 ? Sack(sack) : null);

    /// <summary>The next segment that left.</summary>
    public SentBytes Next()
    {
        Assert.True(Sent.TryDequeue(out var segment), "nothing was sent");
        return segment;
    }

    /// <summary>Nothing more was sent.</summary>
    public void Quiet() => Assert.Empty(Sent);

    /// <summary>All that left since.</summary>
    public SentBytes[] Drain()
    {
        SentBytes[] all = [.. Sent];
        Sent.Clear();
        return all;
    }

    /// <summary>Lets time pass, with every timer at its time.</summary>
    public void Advance(double milliseconds)
    {
        var end = Now.Nanoseconds + (long)(milliseconds * 1_000_000);
        while (Core.Deadline <= end)
        {
            Now = new Instant(Math.Max(Core.Deadline, Now.Nanoseconds));
            Core.OnTimer(Now);
        }

        Now = new Instant(end);
    }

    /// <summary>Lets time pass until something is sent. Returns how many milliseconds.</summary>
    public double UntilSent(double atMostMilliseconds = 1_000_000)
    {
        var start = Now.Nanoseconds;
        var end = start + (long)(atMostMilliseconds * 1_000_000);
        while (Sent.Count == 0 && Core.Deadline <= end)
        {
            Now = new Instant(Math.Max(Core.Deadline, Now.Nanoseconds));
            Core.OnTimer(Now);
        }

        Assert.NotEmpty(Sent);
        return (Now.Nanoseconds - start) / 1e6;
    }

    public int Write(int count) => Core.Write(Bytes(count), Now);

    public static byte[] Bytes(int count, int from = 0)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)((from + i) * 31 >> 3);
        }

        return bytes;
    }

    public byte[] Read(int most = 100_000)
    {
        var buffer = new byte[most];
        return buffer[..Core.Read(buffer, Now)];
    }

    void ITcpOwner.OnSettled(TcpCore core, Instant now)
    {
    }

    void ITcpOwner.OnEvents(TcpCore core, TcpEvents events)
    {
        Events |= events;
        Told?.Invoke(events);
        ClosedCount += (events & TcpEvents.Closed) != 0 ? 1 : 0;
    }

    private void Capture(WirePath path, byte[] bytes, int length, IpDeparture departure)
    {
        Assert.True(TcpSegment.TryRead(bytes.AsSpan(0, length), out var segment));
        Assert.True(segment.HasValidChecksum(Here, There));
        Sent.Enqueue(new SentBytes(
            Now.Nanoseconds,
            segment.Flags,
            segment.Sequence - LocalInitial,
            (segment.Flags & TcpFlags.Ack) != 0 ? segment.Acknowledgment - PeerInitial : 0,
            segment.Window,
            segment.Payload.ToArray(),
            segment.Options.Bytes.ToArray(),
            departure.Ecn,
            segment.UrgentPointer,
            departure));
    }
}
