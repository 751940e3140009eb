using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp.Support;

/// <summary>What a wire does to packets. Parts are of 1.</summary>
internal sealed record WireFaults
{
    public double Loss { get; init; }

    public double Duplication { get; init; }

    public double Reordering { get; init; }

    public double Corruption { get; init; }

    public double Marking { get; init; }

    public double Busy { get; init; }

    public int DelayMicroseconds { get; init; } = 1000;

    public int JitterMicroseconds { get; init; }
}

/// <summary>A host of TCP alone.</summary>
internal sealed class TcpHost
{
    public TcpHost(TcpWorld world, InternetAddress address, TcpProfile profile, ulong seed, int mtu, TcpLayerOptions? options = null)
    {
        Address = address;
        Pool = new PacketPool(new PacketPoolOptions { Poison = world.Poisons });
        Output = new WireOutput(
            address, (path, bytes, length, departure) => world.Carry(this, path, bytes.AsSpan(0, length), departure))
        { Mtu = mtu };
        Ports = new PortTable(new LinuxBindRules(), new EphemeralRange(new PortRange(new(32768), new(60999)), new PortSet()), seed);
        Layer = new TcpLayer(Output, Pool, Ports, (options ?? new TcpLayerOptions()) with { Profile = profile, Seed = seed });
    }

    public InternetAddress Address { get; }

    public PacketPool Pool { get; }

    public WireOutput Output { get; }

    public PortTable Ports { get; }

    public TcpLayer Layer { get; }
}

/// <summary>Two hosts, a seeded wire between them, and virtual time.</summary>
internal sealed class TcpWorld
{
    private readonly Random _random;
    private readonly PriorityQueue<(TcpHost To, byte[] Bytes, InternetAddress From, EcnCodepoint Ecn),
        (long At, long Order)> _queue = new();
    private readonly Dictionary<InternetAddress, TcpHost> _hosts = [];
    private long _order;

    public TcpWorld(
        int seed, WireFaults? faults = null, TcpProfile? profile = null, int mtu = 1500, bool isIPv6 = false,
        TcpProfile? peerProfile = null, bool poisons = true, TcpLayerOptions? options = null)
    {
        _random = new Random(seed);
        Poisons = poisons;
        Faults = faults ?? new WireFaults();
        var (a, b) = isIPv6
            ? (InternetAddress.FromNumber(new UInt128(0x2001_0db8_0000_0000, 1), false),
                InternetAddress.FromNumber(new UInt128(0x2001_0db8_0000_0000, 2), false))
            : (InternetAddress.FromIPv4(0xc6120001), InternetAddress.FromIPv4(0xc6120002));
        Client = new TcpHost(this, a, profile ?? TcpProfile.Linux, ((ulong)seed * 2) + 1, mtu, options);
        Server = new TcpHost(this, b, peerProfile ?? profile ?? TcpProfile.Linux, ((ulong)seed * 2) + 2, mtu, options);
        _hosts[a] = Client;
        _hosts[b] = Server;
    }

    public bool Poisons { get; }

    public WireFaults Faults { get; set; }

    public TcpHost Client { get; }

    public TcpHost Server { get; }

    public Instant Now { get; private set; } = new(1_000_000_000);

    public long Packets { get; private set; }

    /// <summary>A hash of all that went over the wire and when.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037;

    /// <summary>Sees each packet as it leaves.</summary>
    public Action<TcpHost, byte[]>? Tap { get; set; }

    /// <summary>Sees each packet as it arrives.</summary>
    public Action<TcpHost, byte[]>? Arrived { get; set; }

    /// <summary>
    /// Decides what becomes of a packet by its number, from 0: <c>null</c> for what the faults say, 0 to lose it, or how many arrive, 100
    /// ms apart.
    /// </summary>
    public Func<long, int?>? Fate { get; set; }

    public void Carry(TcpHost from, WirePath path, ReadOnlySpan<byte> packet, IpDeparture departure)
    {
        Packets++;
        foreach (var b in packet[..Math.Min(packet.Length, 32)])
        {
            Trace = (Trace ^ b) * 1099511628211;
        }

        Trace = (Trace ^ (ulong)Now.Nanoseconds) * 1099511628211;
        var bytes = packet.ToArray();
        Tap?.Invoke(from, bytes);
        if (packet.Length > path.Mtu - (path.Source.IsIPv4 ? 20 : 40))
        {
            Assert.Fail($"{packet.Length} bytes do not fit the path");
        }

        if (_random.NextDouble() < Faults.Loss || !_hosts.TryGetValue(path.Destination, out var to))
        {
            return;
        }

        if (Fate?.Invoke(Packets - 1) is { } arriving)
        {
            for (var i = 0; i < arriving; i++)
            {
                _queue.Enqueue(
                    (to, bytes, path.Source, departure.Ecn),
                    (Now.Nanoseconds + (Faults.DelayMicroseconds * 1000L) + (i * 100_000_000L), _order++));
            }

            return;
        }

        var ecn = departure.Ecn != EcnCodepoint.NotCapable && _random.NextDouble() < Faults.Marking
            ? EcnCodepoint.CongestionExperienced
            : departure.Ecn;
        var copies = _random.NextDouble() < Faults.Duplication ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            var delay = Faults.DelayMicroseconds + (Faults.JitterMicroseconds > 0 ? _random.Next(Faults.JitterMicroseconds) : 0);
            delay += _random.NextDouble() < Faults.Reordering ? _random.Next(1, 5 * Math.Max(1000, Faults.DelayMicroseconds)) : 0;
            var copy = bytes;
            if (_random.NextDouble() < Faults.Corruption)
            {
                copy = [.. bytes];
                copy[_random.Next(copy.Length)] ^= (byte)(1 << _random.Next(8));
            }

            _queue.Enqueue((to, copy, path.Source, ecn), (Now.Nanoseconds + (delay * 1000L), _order++));
        }
    }

    /// <summary>A packet from nowhere.</summary>
    public IpAnswer Inject(
        TcpHost to, InternetAddress from, byte[] packet, EcnCodepoint ecn = default, IpDelivery delivery = IpDelivery.Host) =>
        to.Layer.OnPacket(new IpArrival(from, to.Address, 1, 64, ecn, 0, delivery, false), packet, Now);

    /// <summary>Does the next thing; false when nothing is left before a time.</summary>
    public bool Step(long until = long.MaxValue)
    {
        var arrival = _queue.TryPeek(out _, out var priority) ? priority.At : long.MaxValue;
        var timer = Math.Min(Client.Layer.NextDeadline.Nanoseconds, Server.Layer.NextDeadline.Nanoseconds);
        var next = Math.Min(arrival, timer);
        if (next == long.MaxValue || next > until)
        {
            return TryFree();
        }

        Now = new Instant(Math.Max(Now.Nanoseconds, next));
        foreach (var host in _hosts.Values)
        {
            var wasBusy = host.Output.IsBusy;
            host.Output.IsBusy = Faults.Busy > 0 && _random.NextDouble() < Faults.Busy;
            if (wasBusy && !host.Output.IsBusy)
            {
                host.Layer.OnTimer(Now);
            }
        }

        if (arrival <= timer)
        {
            var packet = _queue.Dequeue();
            Arrived?.Invoke(packet.To, packet.Bytes);
            packet.To.Layer.OnPacket(
                new IpArrival(packet.From, packet.To.Address, 1, 64, packet.Ecn, 0, IpDelivery.Host, false), packet.Bytes, Now);
        }
        else
        {
            (Client.Layer.NextDeadline <= Server.Layer.NextDeadline ? Client : Server).Layer.OnTimer(Now);
        }

        return true;
    }

    /// <summary>A link that is busy takes packets again some time.</summary>
    private bool TryFree()
    {
        var isAny = false;
        foreach (var host in _hosts.Values.Where(static host => host.Output.IsBusy))
        {
            host.Output.IsBusy = false;
            host.Layer.OnTimer(Now);
            isAny = true;
        }

        return isAny;
    }

    /// <summary>Lets time pass.</summary>
    public void Run(double milliseconds)
    {
        var end = Now.Nanoseconds + (long)(milliseconds * 1_000_000);
        while (Step(end))
        {
        }

        Now = new Instant(Math.Max(end, Now.Nanoseconds));
    }

    public TcpListener Listen(ushort port = 80, int backlog = 4096, int fastOpenQueue = 0)
    {
        var any = Server.Address.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        var request = new TcpListenRequest(any, new PortNumber(port), Backlog: backlog) { FastOpenQueue = fastOpenQueue };
        Assert.True(Server.Layer.TryListen(request, out var listener, out var result), result.ToString());
        return listener;
    }

    public TcpConnection Connect(ushort port = 80, ITcpHandler? handler = null, ushort localPort = 0, byte[]? first = null)
    {
        var any = Client.Address.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        var request = new TcpConnectRequest(
            Server.Address, new PortNumber(port), Local: any, LocalPort: new PortNumber(localPort), ReuseAddress: localPort != 0)
        {
            UsesFastOpen = first is not null,
            FirstBytes = first,
        };
        var result = Client.Layer.Connect(request, Now);
        Assert.True(result.Connection is not null, result.Bind.ToString());
        result.Connection.Handler = handler;
        return result.Connection;
    }

    /// <summary>A segment as bytes, with the window 60,000.</summary>
    public static byte[] Segment(
        InternetAddress from, ushort fromPort, InternetAddress to, ushort toPort, TcpFlags flags, uint sequence, uint acknowledgment = 0,
        byte[]? payload = null, byte[]? options = null)
    {
        var buffer = new byte[2000];
        var header = new TcpHeader(new PortNumber(fromPort), new PortNumber(toPort), sequence, acknowledgment, flags, 60_000);
        return buffer[..TcpWriter.Write(buffer, from, to, header, options, payload)];
    }
}
