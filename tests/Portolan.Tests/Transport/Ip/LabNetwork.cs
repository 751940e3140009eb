using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;

namespace Portolan.Tests.Transport.Ip;

/// <summary>Hosts on switches in memory, in a time of their own: whatever was sent is taken before time goes on.</summary>
internal sealed class LabNetwork
{
    private readonly List<LabHost> _hosts = [];
    private readonly List<IFrameReceiver> _taps = [];
    private ulong _nextStation = 0x0200_0000_0000;

    /// <summary>The time.</summary>
    internal Instant Now { get; private set; } = new(1_000_000_000);

    /// <summary>All frames that passed a tapped switch, in order.</summary>
    internal List<byte[]> Seen { get; } = [];

    internal static InternetAddress Ip(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);

    /// <summary>A switch whose frames are recorded, unless told otherwise.</summary>
    internal MemorySwitch AddSwitch(LinkLayer layer = LinkLayer.Ethernet, int maxFrameLength = 1514, bool isRecorded = true)
    {
        var added =
            new MemorySwitch(new MemoryLinkOptions { Layer = layer, MaxFrameLength = maxFrameLength, Capacity = 4096 }, isHub: true);
        if (isRecorded)
        {
            _taps.Add(added.AddPort(default).OpenReceiver(new FrameFilter([], default, default)));
        }

        return added;
    }

    internal LabHost AddHost(IpHostOptions? options = null, int poolLimit = 64 << 20)
    {
        var host = new LabHost(this, options ?? new IpHostOptions { Seed = (ulong)_hosts.Count + 1 }, poolLimit);
        _hosts.Add(host);
        return host;
    }

    internal MacAddress NextStation() => new(++_nextStation);

    /// <summary>Lets all frames arrive, without time going on.</summary>
    internal void Settle()
    {
        for (var round = 0; round < 10_000; round++)
        {
            var moved = 0;
            _hosts.ForEach(static host => host.Ip.Flush());
            foreach (var host in _hosts)
            {
                moved += host.Step(Now);
            }

            foreach (var tap in _taps)
            {
                moved += tap.Receive(new Recorder(Seen), TimeSpan.Zero);
            }

            if (moved == 0)
            {
                return;
            }
        }

        Assert.Fail("frames go round for ever");
    }

    /// <summary>Lets time go on, deadline by deadline.</summary>
    internal void Run(TimeSpan time)
    {
        var end = Now + time;
        Settle();
        while (true)
        {
            var next = _hosts.Aggregate(Instant.Never, (least, host) => Instant.Earlier(least, host.Ip.NextDeadline));
            if (next > end)
            {
                break;
            }

            Now = next > Now ? next : Now;
            Settle();
        }

        Now = end;
        Settle();
    }

    internal void Run(double seconds) => Run(TimeSpan.FromSeconds(seconds));

    private sealed class Recorder(List<byte[]> seen) : IFrameSink
    {
        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp) => seen.Add(frame.ToArray());
    }
}

/// <summary>A host with a protocol that records.</summary>
internal sealed class LabHost
{
    internal const IpProtocol Experiment = (IpProtocol)253;

    private readonly LabNetwork _network;
    private readonly List<(int Number, IFrameReceiver Receiver)> _receivers = [];
    private readonly Sink _sink;

    internal LabHost(LabNetwork network, IpHostOptions options, int poolLimit)
    {
        _network = network;
        _sink = new Sink(this);
        Pool = new PacketPool(new PacketPoolOptions { Poison = true, SlabLength = 64 << 10, MemoryLimit = poolLimit });
        Ip = new IpHost(options, Pool);
        Ip.AdvanceTo(network.Now);
        Ip.Register(Experiment, Probe);
        Ip.Register(IpProtocol.Icmp, Probe);
        Ip.Register(IpProtocol.Icmpv6, Probe);
    }

    internal PacketPool Pool { get; }

    internal IpHost Ip { get; }

    internal RecordingProtocol Probe { get; } = new();

    /// <summary>Adds an interface on a switch with addresses that are used at once.</summary>
    internal IpInterface Join(
        MemorySwitch at, int mtu = 1500, LinkLocalChoice linkLocal = LinkLocalChoice.None, HostAddressText addresses = default,
        bool detectsConflicts = false)
    {
        var port = at.AddPort(_network.NextStation());
        var added = Ip.AddInterface(
            new IpInterfaceOptions
            {
                Name = $"eth{Ip.Interfaces.Count - 1}",
                Layer = port.Layer,
                HardwareAddress = port.HardwareAddress,
                Mtu = mtu,
                LinkLocal = linkLocal,
                DetectsAddressConflicts = detectsConflicts,
            },
            port.OpenSender());
        _receivers.Add((added.Number, port.OpenReceiver(new FrameFilter([], default, default))));
        foreach (var (address, length) in addresses.Read())
        {
            Ip.AddAddress(added, address, length, skipsDetection: true);
        }

        return added;
    }

    /// <summary>Sends a packet of the recording protocol.</summary>
    internal bool Send(
        string source, string destination, ReadOnlySpan<byte> payload, bool mayFragment = true, byte hopLimit = 0, int interfaceNumber = 0)
    {
        if (!Ip.TryFindPath(LabNetwork.Ip(source), LabNetwork.Ip(destination), interfaceNumber, out var path))
        {
            return false;
        }

        Ip.AdvanceTo(_network.Now);
        var room = Ip.Reserve(path, payload.Length);
        Assert.Equal(payload.Length, room.Length);
        payload.CopyTo(room);
        Ip.Send(new IpDeparture(Experiment, payload.Length, MayFragment: mayFragment, HopLimit: hopLimit));
        return true;
    }

    /// <summary>Hands a frame to an interface as if a link had.</summary>
    internal void Inject(IpInterface at, ReadOnlySpan<byte> frame) => Ip.OnFrame(at.Number, frame, _network.Now);

    /// <summary>Sends an echo request.</summary>
    internal bool Ping(string source, string destination, int length = 32, int interfaceNumber = 0)
    {
        if (!Ip.TryFindPath(LabNetwork.Ip(source), LabNetwork.Ip(destination), interfaceNumber, out var path))
        {
            return false;
        }

        Ip.AdvanceTo(_network.Now);
        var payload = new byte[length];
        var room = Ip.Reserve(path, 8 + length);
        var isIPv4 = path.Source.IsIPv4;
        var written = isIPv4
            ? IcmpWriter.WriteEchoRequest(room, 7, 1, payload)
            : Icmpv6Writer.WriteEchoRequest(room, path.Source, path.Destination, 7, 1, payload);
        Ip.Send(new IpDeparture(isIPv4 ? IpProtocol.Icmp : IpProtocol.Icmpv6, written, MayFragment: true));
        return true;
    }

    internal int Step(Instant now)
    {
        var moved = 0;
        _sink.Now = now;
        if (Ip.NextDeadline <= now)
        {
            Ip.OnTimer(now);
            moved++;
        }

        foreach (var (number, receiver) in _receivers)
        {
            _sink.Number = number;
            moved += receiver.Receive(_sink, TimeSpan.Zero);
        }

        Ip.Flush();
        return moved;
    }

    private sealed class Sink(LabHost host) : IFrameSink
    {
        internal Instant Now { get; set; }

        internal int Number { get; set; }

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp) => host.Ip.OnFrame(Number, frame, Now);

        public void Announce(ReadOnlySpan<byte> frame) => host.Ip.Announce(Number, frame);
    }
}

/// <summary>Addresses such as <c>198.18.0.1/24 2001:db8::1/64</c>.</summary>
internal readonly record struct HostAddressText(string? Text)
{
    public static implicit operator HostAddressText(string text) => new(text);

    internal IEnumerable<(InternetAddress Address, int Length)> Read() => (Text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(
            static part =>
                (LabNetwork.Ip(part[..part.IndexOf('/', StringComparison.Ordinal)]),
                    int.Parse(part[(part.IndexOf('/', StringComparison.Ordinal) + 1)..])));
}

/// <summary>A protocol that keeps what it is told.</summary>
internal sealed class RecordingProtocol : ITransportProtocol
{
    internal List<(IpArrival Arrival, byte[] Payload)> Packets { get; } = [];

    internal List<(IcmpArrival Report, byte[] Quoted)> Errors { get; } = [];

    /// <summary>What it says to packets.</summary>
    internal IpAnswer Answer { get; set; }

    internal Action<IcmpArrival, Instant>? OnError { get; set; }

    internal int Calls { get; private set; }

    public Instant NextDeadline => Instant.Never;

    public IpAnswer OnPacket(in IpArrival arrival, ReadOnlySpan<byte> packet, Instant now)
    {
        Packets.Add((arrival, packet.ToArray()));
        return Answer;
    }

    public void OnIcmpError(in IcmpArrival report, ReadOnlySpan<byte> quoted, Instant now)
    {
        Errors.Add((report, quoted.ToArray()));
        OnError?.Invoke(report, now);
    }

    public void OnTimer(Instant now) => Calls++;
}
