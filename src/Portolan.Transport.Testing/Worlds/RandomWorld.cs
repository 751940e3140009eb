using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;
using Portolan.Transport.Tcp;
using Portolan.Transport.Testing.Apps;

namespace Portolan.Transport.Testing.Worlds;

/// <summary>
/// A world of two hosts, with a router between them or not, faults of all kinds that come and go, datagrams and connections: all by the
/// seed. First safety: nothing wrong may happen whatever the faults do. Then liveness: the faults end, everything must come to an end in
/// bounded time, and nothing may be left.
/// </summary>
public sealed class RandomWorld
{
    /// <summary>How long connections may take after the last fault, beside the pauses of those who read.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(40);

    private readonly SimWorld _world;
    private readonly KeyedRandom _random;
    private readonly SimHost _left;
    private readonly SimHost _right;
    private readonly List<UdpEcho> _echoes = [];
    private readonly List<TcpTransfer> _transfers = [];
    private readonly List<Action> _repairs = [];
    private readonly bool _mayRepeat;

    /// <summary>
    /// Whether clients use Fast Open. Nobody repeats frames then, and no pair is used again: text of an old SYN would be read as that of a
    /// new connection, as RFC 7413 section 2.1 warns.
    /// </summary>
    private readonly bool _isFast;

    /// <summary>Connections that begin when the one before them is over.</summary>
    private int _toCome;

    /// <summary>
    /// Whether frames may be damaged, and then on one cable only, and none is cut into fragments: a checksum of 16 bits finds one damage
    /// for sure, but two may cancel each other.
    /// </summary>
    private readonly bool _mayDamage;

    private RandomWorld(SimWorld world, bool hasTcp)
    {
        (_world, _random) = (world, world.Random);
        (_left, _right) = (world.AddHost(Options("left")), world.AddHost(Options("right")));
        (_mayRepeat, _mayDamage) = (Chance(30), Chance(25));
        _isFast = !_mayRepeat && Chance(30);
        Wire();
        for (var count = 1 + _random.Below(2); count > 0; count--)
        {
            AddEcho();
        }

        for (var count = hasTcp ? 1 + _random.Below(_isFast ? 5u : 2u) : 0; count > 0; count--)
        {
            AddTransfer();
        }

        for (var count = Chance(75) ? 0 : 1 + _random.Below(3); count > 0; count--)
        {
            AddIncident();
        }
    }

    /// <summary>Runs a world.</summary>
    /// <param name="world">An empty world.</param>
    public static void Run(SimWorld world) => Run(world, hasTcp: true);

    /// <summary>Runs a world of datagrams only.</summary>
    /// <param name="world">An empty world.</param>
    public static void RunDatagrams(SimWorld world) => Run(world, hasTcp: false);

    /// <summary>Runs a world whose faults never end: nothing wrong may happen in it, whether or not anything gets through.</summary>
    /// <param name="world">An empty world.</param>
    public static void RunHopeless(SimWorld world)
    {
        var made = new RandomWorld(world, hasTcp: true);
        for (var hours = 1 + made._random.Below(3); hours > 0; hours--)
        {
            made.RunWithFaults();
            world.Run(TimeSpan.FromMinutes(made._random.Below(60)));
        }
    }

    private static void Run(SimWorld world, bool hasTcp)
    {
        var made = new RandomWorld(world, hasTcp);
        made.RunWithFaults();
        made.RunWithoutFaults();
        made.CheckNothingIsLeft();
    }

    private bool Chance(uint percent) => _random.Below(100) < percent;

    private TimeSpan Time(uint mostMilliseconds) => TimeSpan.FromMicroseconds(_random.Below((mostMilliseconds * 1000) + 1));

    private SimHostOptions Options(string name) => new()
    {
        Name = name,
        ClockOffset = Chance(50) ? TimeSpan.Zero : Time(100_000),
        ClockDriftPartsPerMillion = Chance(70) ? 0 : (int)_random.Below(400) - 200,
        Profile = Profile(),
        Model = Chance(20) ? HostModel.Strong : HostModel.Weak,

        // Little enough to run out of now and then.
        MemoryLimit = Chance(15) ? 512 << 10 : 32 << 20,
    };

    private TcpProfile Profile() => _random.Below(9) switch
    {
        0 or 1 => TcpProfile.FreeBsd,
        2 or 3 => TcpProfile.Minimal,
        4 => TcpProfile.Linux with { Congestion = TcpCongestionAlgorithm.Reno, UsesForwardRto = false, Ecn = TcpEcnPolicy.Request },
        5 => TcpProfile.Linux with
        {
            SynOptions = [TcpSynOption.MaximumSegmentSize, TcpSynOption.SackPermitted],
            UsesTailProbes = false,
            TimeWait = TimeSpan.FromSeconds(5),
        },
        6 => TcpProfile.Linux with
        {
            InitialReceiveBuffer = 3000,
            MaxReceiveBuffer = 3000,
            InitialSendBuffer = 5000,
            MaxSendBuffer = 5000,
            WindowScale = 3,
        },
        7 => TcpProfile.Linux with { UsesPacing = true },
        _ => TcpProfile.Linux,
    };

    private void Wire()
    {
        var layer = Chance(70) ? LinkLayer.Ethernet : LinkLayer.Ip;
        var mtu = Chance(60) ? 1500 : 1280 + (int)_random.Below(3000);
        if (Chance(50))
        {
            var cable = _world.Connect(_left, _right, layer, mtu);
            AddAddresses(_left, cable.LeftInterface, 1, 1);
            AddAddresses(_right, cable.RightInterface, 1, 2);

            // Both nets are the same one.
            AddAddresses(_right, cable.RightInterface, 2, 2);
            _left.Ip.AddRoute(new IpRoute(SimWorld.Address("198.18.2.0"), 24, cable.LeftInterface));
            _left.Ip.AddRoute(new IpRoute(SimWorld.Address("2001:db8:2::"), 64, cable.LeftInterface));
            return;
        }

        var router = _world.AddHost(Options("router") with { IsRouter = true, Model = HostModel.Weak });
        var near = _world.Connect(_left, router, layer, mtu);
        var far = _world.Connect(router, _right, LinkLayer.Ethernet, Chance(60) ? mtu : 1280 + (int)_random.Below(400));
        AddAddresses(_left, near.LeftInterface, 1, 1);
        AddAddresses(router, near.RightInterface, 1, 9);
        AddAddresses(router, far.LeftInterface, 2, 9);
        AddAddresses(_right, far.RightInterface, 2, 2);
        foreach (var (host, at, net) in ((SimHost, IpInterface, int)[])[(_left, near.LeftInterface, 1), (_right, far.RightInterface, 2)])
        {
            host.Ip.AddDefaultRoute(at, SimWorld.Address($"198.18.{net}.9"));
            host.Ip.AddDefaultRoute(at, SimWorld.Address($"2001:db8:{net}::9"));
        }
    }

    private static void AddAddresses(SimHost host, IpInterface at, int net, int number)
    {
        host.AddAddress(at, $"198.18.{net}.{number}", 24);
        host.AddAddress(at, $"2001:db8:{net}::{number}", 64);
    }

    private string Target() => Chance(50) ? "198.18.2.2" : "2001:db8:2::2";

    private void AddEcho()
    {
        var echo = new UdpEcho(_left, _right, Target(), 1000 + _echoes.Count, _mayRepeat);
        _echoes.Add(echo);
        for (var count = 1 + _random.Below(10); count > 0; count--)
        {
            var length = (int)_random.Below(_mayDamage ? 1200u : Chance(70) ? 1400u : 9000u);
            _world.After(Time(3000), () => echo.Send(length));
        }
    }

    private void AddTransfer()
    {
        var (isIPv4, port) = (Chance(50), 80 + _transfers.Count);
        if (Chance(10))
        {
            Add(new TcpTransfer(
                _left, _right, isIPv4 ? "198.18.1.1" : "2001:db8:1::1", isIPv4 ? "198.18.2.2" : "2001:db8:2::2", 40_000 + port, Script(),
                Script()));
        }
        else if (_isFast)
        {
            Add(
                new TcpTransfer(
                    _left, _right, Target(), port, Script(), Script())
                { FastOpenBytes = (int)_random.Below(Chance(50) ? 100u : 5000u) });
        }
        else if (Chance(15))
        {
            AddAgain(port, new PortNumber((ushort)(20_000 + port)), times: 2 + (int)_random.Below(2));
        }
        else
        {
            Add(new TcpTransfer(_left, _right, Target(), port, Script(), Script()));
        }
    }

    private void Add(TcpTransfer transfer)
    {
        _transfers.Add(transfer);
        _world.After(Time(_isFast ? 6000u : 2000u), transfer.Start);
    }

    /// <summary>
    /// One connection after the other from the same port to the same: the later ones while the pair of the one before may rest (RFC 6191).
    /// </summary>
    private void AddAgain(int port, PortNumber localPort, int times)
    {
        var transfer = new TcpTransfer(_left, _right, "198.18.2.2", port, Script(), Script()) { LocalPort = localPort };
        Add(transfer);
        if (times > 1)
        {
            _toCome++;
            _world.After(TimeSpan.FromSeconds(1), Look);
        }

        void Look()
        {
            if (transfer.IsOver)
            {
                transfer.StopListening();
                _toCome--;
                AddAgain(port, localPort, times - 1);
            }
            else
            {
                _world.After(TimeSpan.FromSeconds(1), Look);
            }
        }
    }

    private TcpScript Script()
    {
        // Who writes crumbs, or pauses after each, writes little.
        var isCrumbs = Chance(30);
        var (pause, most) = Chance(85)
            ? (TimeSpan.Zero, !isCrumbs && Chance(25) ? 200_000u : 20_000u)
            : Chance(80) ? (Time(30), 4000u) : (Time(20_000), 100u);
        return new(
            Chance(30) ? 0 : _random.Below(most),
            1 + (int)_random.Below(isCrumbs ? 50u : 8000u),
            1 + (int)_random.Below(Chance(30) ? 300u : 8000u),
            Chance(80) ? TimeSpan.Zero : Time(20),
            Chance(90) ? -1 : _random.Below(10_000),
            Chance(30))
        {
            WriteEvery = pause,
            Urgent = Chance(90) ? 0 : _random.Below(30) / 100.0,
            CloseAfter = Chance(93) ? -1 : _random.Below(10_000),
            AbortAt = Chance(95) ? null : Time(8000),
        };
    }

    /// <summary>Something changes at one of the hosts for a time: an interface is down, an address away, an MTU another.</summary>
    private void AddIncident()
    {
        var host = Chance(50) ? _left : _right;
        var at = host.Ip.Interfaces[1];
        var (mtu, begin) = (at.Mtu, Time(6000));
        switch (_random.Below(3))
        {
            case 0:
                Incident(host, begin, () => at.IsUp = false, () => at.IsUp = true);
                break;
            case 1:
                var other = 1280 + (int)_random.Below((uint)(mtu - 1280 + 1));
                Incident(host, begin, () => at.Mtu = other, () => at.Mtu = mtu);
                break;
            default:
                var (address, isAway) = (at.Addresses[(int)_random.Below((uint)at.Addresses.Count)], false);
                Incident(
                    host,
                    begin,
                    () =>
                    {
                        if (!isAway && at.Addresses.Contains(address))
                        {
                            isAway = true;
                            host.Ip.RemoveAddress(address);
                        }
                    },
                    () =>
                    {
                        if (isAway)
                        {
                            isAway = false;
                            host.Ip.AddAddress(at, address.Address, address.PrefixLength, skipsDetection: true);
                        }
                    });
                break;
        }
    }

    private void Incident(SimHost host, TimeSpan begin, Action spoil, Action repair)
    {
        var isOver = false;
        void Repair()
        {
            isOver = true;
            host.Do(repair);
        }

        _repairs.Add(Repair);
        _world.After(begin, () =>
        {
            if (!isOver)
            {
                host.Do(spoil);
            }
        });
        if (Chance(70))
        {
            _world.After(begin + Time(3000), Repair);
        }
    }

    private FaultProfile Faults(SimCable cable) => new()
    {
        Loss = Chance(50) ? _random.Below(20) / 100.0 : 0,
        Bursts = Chance(20) ? new BurstLoss(0.01, 0.2, 0.8) : null,
        Duplication = _mayRepeat ? _random.Below(10) / 100.0 : 0,
        Reordering = Chance(30) ? _random.Below(20) / 100.0 : 0,
        ReorderDelay = Time(50),
        Corruption = _mayDamage && cable == _world.Cables[0] ? _random.Below(15) / 100.0 : 0,
        Delay = Time(Chance(50) ? 5u : 150u),
        Jitter = Chance(50) ? TimeSpan.Zero : Time(30),
        Bandwidth = Chance(50) ? 0 : 100_000 + _random.Below(10_000_000),
        QueueLimit = 3000 + (int)_random.Below(60_000),
        MaxFrameLength = Chance(90) ? 0 : 1000 + (int)_random.Below(500),
        IsPartitioned = Chance(5),
    };

    private void RunWithFaults()
    {
        // Faults change a few times, each cable and direction on its own.
        for (var phase = 1 + _random.Below(4); phase > 0; phase--)
        {
            foreach (var cable in _world.Cables)
            {
                (cable.FromLeft, cable.FromRight) = (Faults(cable), Chance(50) ? Faults(cable) : cable.FromRight);
            }

            _world.Run(Time(3000));
        }
    }

    private void RunWithoutFaults()
    {
        _world.EndFaults();
        _repairs.ForEach(static repair => repair());
        _world.Run(TimeSpan.FromSeconds(5));
        if (!_world.RunUntil(() => _toCome == 0 && _transfers.TrueForAll(static t => t.IsOver), Patience + Reading()))
        {
            var open = _transfers.Find(static t => !t.IsOver)!;
            _world.Fail($"a connection did not end: client {Describe(open.Client)}, server {Describe(open.Server)}");
        }

        // A datagram that is sent now comes back; neighbours may have to be found again first.
        _world.Run(TimeSpan.FromSeconds(60));
        foreach (var echo in _echoes)
        {
            var before = echo.Returned;
            for (var attempt = 0; attempt < 3 && echo.Returned == before; attempt++)
            {
                echo.Send(100);
                _world.Run(TimeSpan.FromSeconds(30));
            }

            if (echo.Returned == before)
            {
                _world.Fail("a datagram does not come back though all faults are over");
            }
        }
    }

    /// <summary>
    /// The pauses between reads, of all who read together: one may begin where another ends, and who takes a byte now and then takes more
    /// than an hour.
    /// </summary>
    private TimeSpan Reading() => _transfers.Aggregate(TimeSpan.Zero, static (sum, t) => sum + t.Client.ReadingTime + t.Server.ReadingTime);

    private void CheckNothingIsLeft()
    {
        _echoes.ForEach(static e => e.Close());
        _transfers.ForEach(static t => t.StopListening());

        // The longest of TIME-WAIT and reassembly.
        _world.Run(TimeSpan.FromMinutes(10));
        foreach (var host in _world.Hosts)
        {
            if (host.Pool.InUse != 0
                || host.Tcp.ConnectionCount + host.Tcp.HalfOpenCount + host.Tcp.TimeWaitCount + host.Udp.SocketCount
                    + host.Ports.Count != 0)
            {
                _world.Fail(
                    $"{host.Name} still has {host.Pool.InUse} buffers, {host.Tcp.ConnectionCount} connections, {host.Tcp.HalfOpenCount} "
                        + $"half-open ones, " +
                    $"{host.Tcp.TimeWaitCount} in TIME-WAIT, {host.Udp.SocketCount} sockets, {host.Ports.Count} ports");
            }
        }
    }

    private static string Describe(TcpEnd end) =>
        $"wrote {end.Written}, read {end.Read}, {(end.IsClosed ? $"closed ({end.Error})" : "open")}";
}
