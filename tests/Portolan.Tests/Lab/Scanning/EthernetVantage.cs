using Portolan.Lab.Running;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>
/// The vantage of a lab as a scanner's host with an Ethernet interface has it: neighbours are found by ARP and neighbour discovery, a
/// router leads to the other networks, and the host's kernel, which knows nothing of the scanner's handshakes, answers SYN-ACKs with RST.
/// </summary>
/// <remarks>Networks of a lab carry IP: this is the Ethernet in front of them. One thread.</remarks>
internal sealed class EthernetVantage : INetwork
{
    private const double ResetRoom = 10;
    private const double CableRoom = 64;

    internal static readonly MacAddress OwnHardware = new(0x0200_0000_0001);

    private readonly VantageNetwork _inside;
    private readonly EthernetNeighbours _neighbours;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly double _loss;
    private readonly PriorityQueue<byte[], long> _coming = new();
    private readonly Dictionary<uint, Allowance> _resets = [];
    private readonly Dictionary<uint, int> _arrived = [];
    private Allowance _cable;

    internal EthernetVantage(VirtualNetwork lab)
    {
        (_inside, _time, _random) = (lab.OpenVantage(), lab.Time, new Random((int)lab.Seed));
        _neighbours = new EthernetNeighbours(lab.Topology);
        _loss = _neighbours.Network.Quality.Loss;
    }

    /// <summary>Questions for neighbours and their answers are never lost, whatever else is.</summary>
    internal bool AlwaysFindsNeighbours { get; init; }

    // In a header of IPv4.
    private const int SourceAt = 12;
    private const int DestinationAt = 16;

    /// <summary>RSTs a second that each host sends, after the first ten; 0 for no limit.</summary>
    internal double ResetsPerSecond { get; init; }

    /// <summary>
    /// Packets a second that the far end of the cable takes from us, with room for a few dozen; what is more is lost without a word. 0 for
    /// any number.
    /// </summary>
    internal double PacketsPerSecond { get; init; }

    /// <summary>The host with this address loses more; none without.</summary>
    internal InternetAddress? LossyHost { get; init; }

    /// <summary>The chance that it loses a packet, each way, besides what its network does.</summary>
    internal double LossOfLossyHost { get; init; }

    /// <summary>After so many packets to it each host drops all that comes from us, as a trap for scanners does; 0 for never.</summary>
    internal int BlocksAfter { get; set; }

    /// <summary>The link takes nothing: every frame is refused.</summary>
    internal SendFailure Failure { get; set; }

    public RouteAnswer FindRoute(InternetAddress destination, string? interfaceName = null, InternetAddress? source = null)
    {
        var answer = _inside.FindRoute(destination, interfaceName, source);
        return answer.Route is { IsLocal: false } route
            ? answer with
            {
                Route = route with
                {
                    Layer = LinkLayer.Ethernet,
                    Gateway = _neighbours.IsNear(destination) ? null : _neighbours.GatewayFor(destination)
                }
            }
            : answer;
    }

    public bool TryFindNeighbour(int interfaceIndex, InternetAddress address, out MacAddress hardwareAddress)
    {
        hardwareAddress = default;
        return false;
    }

    public IPacketLink Open(Route route) => new Link(this, _inside.Open(route));

    private void Deliver(ReadOnlySpan<byte> frame, IFrameSender inside)
    {
        if (!EthernetFrame.TryRead(frame, out var ethernet))
        {
            return;
        }

        if (_neighbours.TryAnswer(ethernet, out var destination, out var answer))
        {
            if (answer is not null && !IsLost() && !IsLost())
            {
                _coming.Enqueue(
                    answer, _time.GetTimestamp() + (_neighbours.Network.Quality.Latency.Ticks * TimeSpan.NanosecondsPerTick * 2));
            }
        }
        else if (_neighbours.IsAddressed(destination, ethernet.Destination))
        {
            if (!IsLostByHost(ethernet.Payload, DestinationAt) && !IsBlocked(ethernet.Payload)
                && (PacketsPerSecond == 0 || _cable.MayPass(_time.GetTimestamp(), PacketsPerSecond, CableRoom)))
            {
                Send(inside, ethernet.Payload);
            }
        }
    }

    // An RST of IPv4, beyond what its host may send?
    private bool IsHeldBack(ReadOnlySpan<byte> packet)
    {
        const int Tcp = 6, Reset = 4;
        if (ResetsPerSecond == 0 || packet[0] != 0x45 || packet[9] != Tcp || (packet[33] & Reset) == 0)
        {
            return false;
        }

        ref var allowance = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(
            _resets, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(packet[12..]), out _);
        return !allowance.MayPass(_time.GetTimestamp(), ResetsPerSecond, ResetRoom);
    }

    // Of IPv4 alone.
    private bool IsBlocked(ReadOnlySpan<byte> packet)
    {
        if (BlocksAfter == 0 || packet[0] >> 4 != 4)
        {
            return false;
        }

        ref var count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(
            _arrived, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(packet[DestinationAt..]), out _);
        return ++count > BlocksAfter;
    }

    // Of IPv4 alone.
    private bool IsLostByHost(ReadOnlySpan<byte> packet, int at) => LossyHost is { } host && packet.Length >= at + 4 && packet[0] >> 4 == 4
        && System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(packet[at..]) == host.IPv4Bits
        && _random.NextDouble() < LossOfLossyHost;

    private bool IsLost() => !AlwaysFindsNeighbours && _loss > 0 && _random.NextDouble() < _loss;

    private int Receive(Link link, IFrameSink sink, TimeSpan timeout)
    {
        if (_coming.TryPeek(out _, out var due))
        {
            var left = TimeSpan.FromTicks(
                Math.Max(0, due - _time.GetTimestamp() + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick);
            timeout = left < timeout ? left : timeout;
        }

        var count = link.Receive(sink, timeout);
        while (_coming.TryPeek(out var frame, out due) && due <= _time.GetTimestamp())
        {
            _coming.Dequeue();
            sink.OnFrame(frame, due);
            count++;
        }

        return count;
    }

    private static void Send(IFrameSender inside, ReadOnlySpan<byte> packet)
    {
        packet.CopyTo(inside.Reserve());
        inside.Commit(packet.Length);
        inside.Flush();
    }

    private struct Allowance
    {
        private double _left;
        private long _at;

        public bool MayPass(long now, double perSecond, double room)
        {
            _left = _at == 0 ? room : Math.Min(room, _left + ((now - _at) / 1e9 * perSecond));
            _at = Math.Max(1, now);
            if (_left < 1)
            {
                return false;
            }

            _left--;
            return true;
        }
    }

    private sealed class Link(EthernetVantage vantage, IPacketLink inside) : IPacketLink, IFrameReceiver, IFrameSink
    {
        private readonly IFrameReceiver _receiver =
            inside.OpenReceiver(new FrameFilter([], PortNumber.Zero, new PortNumber(ushort.MaxValue)));
        private readonly IFrameSender _kernel = inside.OpenSender();
        private readonly byte[] _room = new byte[EthernetWriter.Length + inside.MaxFrameLength];
        private IFrameSink? _sink;

        public LinkLayer Layer => LinkLayer.Ethernet;

        public MacAddress HardwareAddress => OwnHardware;

        public int MaxFrameLength => inside.MaxFrameLength + EthernetWriter.Length;

        public string Description => inside.Description;

        public long Dropped => 0;

        public IFrameSender OpenSender() => new Sender(vantage, inside.OpenSender(), MaxFrameLength);

        public IFrameReceiver OpenReceiver(FrameFilter filter) => this;

        int IFrameReceiver.Receive(IFrameSink sink, TimeSpan timeout) => vantage.Receive(this, sink, timeout);

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
        {
            if (vantage.IsHeldBack(frame) || vantage.IsLostByHost(frame, SourceAt))
            {
                return;
            }

            EthernetWriter.Write(
                _room, OwnHardware, vantage._neighbours.HardwareOf(frame), frame[0] >> 4 == 4 ? EtherType.Ipv4 : EtherType.Ipv6);
            frame.CopyTo(_room.AsSpan(EthernetWriter.Length));
            _sink!.OnFrame(_room.AsSpan(0, EthernetWriter.Length + frame.Length), timestamp);
            if (KernelReset.For(frame) is { } reset)
            {
                Send(_kernel, reset);
            }
        }

        public void Wake()
        {
        }

        public void Dispose()
        {
        }

        internal int Receive(IFrameSink sink, TimeSpan timeout)
        {
            _sink = sink;
            return _receiver.Receive(this, timeout);
        }
    }

    private sealed class Sender(EthernetVantage vantage, IFrameSender inside, int length) : IFrameSender
    {
        private const int Slots = 32;

        private readonly byte[][] _slots = [.. Enumerable.Range(0, Slots).Select(_ => new byte[length])];
        private readonly int[] _lengths = new int[Slots];
        private int _count;

        public Span<byte> Reserve() => _count == Slots ? default : _slots[_count];

        public void Commit(int length) => _lengths[_count++] = length;

        public SendReport Flush()
        {
            var count = _count;
            _count = 0;
            if (vantage.Failure != SendFailure.None)
            {
                return new SendReport(0, count, vantage.Failure, 105);
            }

            for (var i = 0; i < count; i++)
            {
                vantage.Deliver(_slots[i].AsSpan(0, _lengths[i]), inside);
            }

            return new SendReport(count, 0, SendFailure.None, 0);
        }

        public void Dispose()
        {
        }
    }
}
