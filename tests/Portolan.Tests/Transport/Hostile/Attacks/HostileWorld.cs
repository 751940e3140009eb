using System.Diagnostics;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>
/// A victim, a good peer on a wire with it, and strangers who send the victim what they like and see what it answers them. The victim has
/// servers: a port for each <see cref="Manner"/>, one with Fast Open, one that nobody accepts from, and a socket of UDP that nobody reads.
/// </summary>
internal sealed class HostileWorld : IDisposable
{
    internal const int Holding = 81;
    internal const int Talking = 82;
    internal const int Leaving = 83;
    internal const int Ending = 84;
    internal const int Reading = 85;
    internal const int NotAccepting = 86;
    internal const int Unread = 87;
    internal const int Fast = 78;
    internal const int Closed = 99;
    internal const int Backlog = 128;

    /// <summary>Time that one round of the virtual clock takes.</summary>
    private const long Round = 20_000;

    private readonly WireEnd _victimEnd;
    private readonly Dictionary<(InternetAddress, int), Puppet> _puppets = [];
    private readonly Func<Instant>? _clock;
    private readonly IpInterface _at;
    private int _puppetsMade;

    internal HostileWorld(NetworkStackOptions? options = null, Func<Instant>? clock = null)
    {
        _clock = clock;
        Now = clock?.Invoke() ?? new Instant(1_000_000_000_000);
        _victimEnd = new WireEnd(Good4, Good6) { Stray = OnStray };
        var goodEnd = new WireEnd(Victim4, Victim6) { Peer = _victimEnd };
        _victimEnd.Peer = goodEnd;
        var time = new StoppedTime(Now);
        Victim = StackLayers.Create((options ?? new NetworkStackOptions { MemoryLimit = 4 << 20 }) with { Time = time }, 2);
        Good = StackLayers.Create(new NetworkStackOptions { Time = time }, 1);
        _at = Attach(Victim, _victimEnd, Victim4, Victim6);
        Attach(Good, goodEnd, Good4, Good6);
        foreach (var (port, manner) in ((int, Manner)[])[
            (Holding, Manner.Holds), (Talking, Manner.Talks), (Leaving, Manner.Leaves), (Ending, Manner.TalksAndLeaves),
            (Reading, Manner.Reads)])
        {
            Listen(port, new Host(manner));
        }

        Listen(NotAccepting, handler: null);
        Listen(Fast, new Host(Manner.Reads), fastOpenQueue: Backlog / 4);
        Victim.Udp.Bind(new PortBinding(TransportProtocol.Udp, InternetAddress.AnyIPv4, new PortNumber(Unread)), options: null, out _);
    }

    internal static InternetAddress Good4 { get; } = Forge.Ip("198.18.0.1");

    internal static InternetAddress Good6 { get; } = Forge.Ip("2001:db8::1");

    internal static InternetAddress Victim4 { get; } = Forge.Ip("198.18.0.2");

    internal static InternetAddress Victim6 { get; } = Forge.Ip("2001:db8::2");

    internal StackLayers Victim { get; }

    internal StackLayers Good { get; }

    internal Instant Now { get; private set; }

    /// <summary>The good peer's stream that attacks are aimed at; its end at the good peer, and at the victim.</summary>
    internal TcpConnection? Stream { get; set; }

    internal TcpConnection? StreamAtVictim { get; set; }

    internal Random Random { get; } = new(7);

    /// <summary>Packets that strangers sent.</summary>
    internal long Strikes { get; private set; }

    /// <summary>What the victim took for them, in ticks of the stopwatch.</summary>
    internal long StrikeTicks { get; private set; }

    /// <summary>The most packet memory that the victim had lent.</summary>
    internal long MemoryPeak { get; set; }

    /// <summary>The last packet that the victim sent to a stranger with a connection.</summary>
    internal byte[]? LastAnswer { get; private set; }

    /// <summary>Packets that the victim sent to strangers.</summary>
    internal long Answers => _victimEnd.Strays;

    /// <summary>Begins to listen at the victim.</summary>
    internal TcpListener Listen(int port, ITcpHandler? handler, Action<TcpConnection>? accepted = null, int fastOpenQueue = 0)
    {
        var request = new TcpListenRequest(
            InternetAddress.AnyIPv6, new PortNumber((ushort)port), IsDualStack: true, Backlog: Backlog)
        { FastOpenQueue = fastOpenQueue };
        if (!Victim.Tcp.TryListen(request, out var listener, out var result))
        {
            throw new InvalidOperationException(result.ToString());
        }

        if (handler is not null)
        {
            listener.Ready = l =>
            {
                while (l.TryAccept(out var connection))
                {
                    accepted?.Invoke(connection);
                    connection.Handler = handler;
                }
            };
        }

        return listener;
    }

    /// <summary>Opens a connection of the good peer.</summary>
    internal TcpConnection Connect(int port, ITcpHandler? handler)
    {
        Good.Ip.AdvanceTo(Now);
        var made = Good.Tcp.Connect(new TcpConnectRequest(Victim4, new PortNumber((ushort)port)), Now);
        var connection = made.Connection ?? throw new InvalidOperationException($"{made.Error} {made.Bind}");
        connection.Handler = handler;
        Good.Ip.Flush();
        return connection;
    }

    /// <summary>Opens the stream that attacks are aimed at.</summary>
    internal void OpenStream(ITcpHandler good, ITcpHandler atVictim, int port = 80)
    {
        Listen(port, atVictim, accepted => StreamAtVictim ??= accepted);
        Stream = Connect(port, good);
        for (var i = 0; i < 1000 && StreamAtVictim is null; i++)
        {
            Step();
        }
    }

    /// <summary>A stranger who speaks TCP as far as he has to.</summary>
    internal Puppet AddPuppet(
        int port, bool opens = true, int mss = 1460, int window = 60_000, int shift = 0, bool sack = true, bool timestamps = false)
    {
        var index = _puppetsMade++;
        var puppet = new Puppet(this, Forge.Stranger(index), 20_000 + (index >> 15), port, window, shift, timestamps);
        _puppets[(puppet.Address, puppet.Port)] = puppet;
        if (opens)
        {
            puppet.Open(mss, sack);
        }

        return puppet;
    }

    internal void Forget(Puppet puppet) => _puppets.Remove((puppet.Address, puppet.Port));

    /// <summary>Gives the victim a packet of a stranger.</summary>
    internal void Strike(byte[] packet)
    {
        var start = Stopwatch.GetTimestamp();
        Victim.Ip.OnFrame(_at.Number, packet, Now);
        Victim.Ip.Flush();
        StrikeTicks += Stopwatch.GetTimestamp() - start;
        Strikes++;
        MemoryPeak = Math.Max(MemoryPeak, Victim.Pool.BytesInUse);
    }

    /// <summary>Lets both hosts do what there is to do. Returns how many frames moved.</summary>
    internal int Step()
    {
        Now = _clock?.Invoke() ?? new Instant(Now.Nanoseconds + Round);
        var moved = Good.Links.Step(Now) + Victim.Links.Step(Now);
        MemoryPeak = Math.Max(MemoryPeak, Victim.Pool.BytesInUse);
        return moved;
    }

    /// <summary>Lets virtual time go on, deadline by deadline.</summary>
    internal void Run(TimeSpan time)
    {
        var end = Now + time;
        while (Now < end)
        {
            if (Step() > 0)
            {
                continue;
            }

            var next = Instant.Earlier(end, Instant.Earlier(Good.Links.NextDeadline, Victim.Links.NextDeadline));
            Now = next > Now ? next : Now;
        }
    }

    public void Dispose()
    {
        Victim.Links.Dispose();
        Good.Links.Dispose();
    }

    private static IpInterface Attach(StackLayers layers, WireEnd end, InternetAddress address4, InternetAddress address6)
    {
        var at = layers.Links.Attach(end, new IpInterfaceOptions { Name = "wire", LinkLocal = LinkLocalChoice.None });
        layers.Ip.AddAddress(at, address4, 15, skipsDetection: true);
        layers.Ip.AddAddress(at, address6, 32, skipsDetection: true);
        return at;
    }

    private void OnStray(ReadOnlySpan<byte> packet)
    {
        if (_puppets.Count > 0 && packet[0] >> 4 == 4 && packet[9] == (byte)IpProtocol.Tcp
            && TcpSegment.TryRead(packet[20..], out var segment)
            && _puppets.TryGetValue((InternetAddress.FromBytes(packet[16..20]), segment.DestinationPort.Value), out var puppet))
        {
            puppet.Hear(segment);
            LastAnswer = _clock is null ? packet.ToArray() : null;
        }
    }

    /// <summary>When a stack is made; later the world tells it.</summary>
    private sealed class StoppedTime(Instant now) : TimeProvider
    {
        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => now.Nanoseconds;
    }
}
