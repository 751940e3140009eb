using System.Globalization;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;

namespace Portolan.Packetdrill;

/// <summary>
/// One host with the stack, its link and its clock. The clock moves only when packetdrill sleeps, waits for a packet or asks for the time.
/// </summary>
/// <remarks>
/// All members are called with <see cref="Gate"/> held: packetdrill calls from two threads, and one of them may wait in a blocking call.
/// </remarks>
internal sealed class World
{
    private const long Second = 1_000_000_000;

    /// <summary>packetdrill waits for a packet for ever; this is when the script has failed.</summary>
    private const long Patience = 120 * Second;

    private readonly Sysctls _sysctls;
    private readonly List<PendingCall> _pending = [];
    private readonly IpHost _host;
    private readonly string? _socketList = Environment.GetEnvironmentVariable("PORTOLAN_PACKETDRILL_SOCKETS");
    private readonly int _mainThread = Environment.CurrentManagedThreadId;
    private readonly Dictionary<InternetAddress, IpRoute> _routes = [];
    private bool _hasLocal;
    private string _listed = "";

    private static EphemeralRange Ephemeral => new(new PortRange(new PortNumber(32_768), new PortNumber(60_999)), new PortSet());

    internal World(Sysctls sysctls)
    {
        _sysctls = sysctls;
        var pool = new PacketPool(new PacketPoolOptions());
        _host = new IpHost(new IpHostOptions { Seed = 1 }, pool);
        Link = new FrameQueue(() => Now.Nanoseconds / 1000);
        Interface = _host.AddInterface(
            new IpInterfaceOptions
            {
                Name = "tun0",
                Layer = LinkLayer.Ip,
                Mtu = int.TryParse(
                    Environment.GetEnvironmentVariable("PORTOLAN_PACKETDRILL_MTU"), CultureInfo.InvariantCulture, out var mtu) ? mtu : 1500,
                LinkLocal = LinkLocalChoice.None,
                Offload = LinkOffload.SendChecksum | LinkOffload.Segmentation4 | LinkOffload.Segmentation6,
            },
            Link);
        _host.AddRoute(new IpRoute(InternetAddress.AnyIPv4, 0, Interface));
        _host.AddRoute(new IpRoute(InternetAddress.AnyIPv6, 0, Interface));
        Tcp = new TcpLayer(
            _host, pool, new PortTable(sysctls.IsFreeBsd ? new BsdBindRules() : new LinuxBindRules(), Ephemeral, 2), new TcpLayerOptions
            {
                Seed = 3,
                Profile = sysctls.Profile,
            });
        _host.Register(IpProtocol.Tcp, Tcp);
        _host.AdvanceTo(Now);
    }

    internal object Gate { get; } = new();

    internal FrameQueue Link { get; }

    internal IpInterface Interface { get; }

    internal TcpLayer Tcp { get; }

    internal Sysctls Settings => _sysctls;

    internal SocketTable Sockets { get; } = new();

    internal Instant Now { get; private set; } = new(1000 * Second);

    /// <summary>Before each call: settings that a script has changed meanwhile.</summary>
    internal void Refresh()
    {
        if (_sysctls.Refresh())
        {
            Tcp.UseProfile(_sysctls.Profile);
        }

        Link.IsShut = _sysctls.IsLinkShut;
        foreach (var (destination, mtu) in _sysctls.RouteMtus)
        {
            SetRouteMtu(destination, mtu);
        }
    }

    private void SetRouteMtu(InternetAddress destination, int mtu)
    {
        if (_routes.TryGetValue(destination, out var route) && route.Mtu == mtu)
        {
            return;
        }

        if (route is not null)
        {
            _host.RemoveRoute(route);
        }

        // Linux believes a locked MTU of a route also where it is beyond that of the device.
        Interface.Mtu = Math.Max(Interface.Mtu, mtu);
        _routes[destination] = new IpRoute(destination, destination.BitCount, Interface, Mtu: mtu);
        _host.AddRoute(_routes[destination]);
    }

    /// <summary>The time for packetdrill, which spins on it: so it moves on with each question.</summary>
    internal long AskTime()
    {
        AdvanceTo(new Instant(Now.Nanoseconds + 1000));
        return Now.Nanoseconds / 1000;
    }

    internal void Sleep(long microseconds) => AdvanceTo(new Instant(Now.Nanoseconds + (microseconds * 1000)));

    internal void FrameIn(ReadOnlySpan<byte> packet)
    {
        AddLocal(packet[0] >> 4 == 4 ? InternetAddress.FromBytes(packet.Slice(16, 4)) : InternetAddress.FromBytes(packet.Slice(24, 16)));
        _host.OnFrame(Interface.Number, packet, Now);
        Settle();
    }

    /// <summary>The next packet that leaves; waits for it in the script's time.</summary>
    internal byte[]? FrameOut(out long sentAt)
    {
        var until = new Instant(Now.Nanoseconds + Patience);
        while (true)
        {
            if (Link.TryTake(out var packet, out sentAt))
            {
                return packet;
            }

            if (Next() is var next && next > until)
            {
                return null;
            }

            AdvanceTo(next > Now ? next : Now);
        }
    }

    internal void AddLocal(InternetAddress address)
    {
        if (!address.IsUnspecified && !address.IsMulticast && !_host.IsLocal(address, Interface.Number))
        {
            _host.AddAddress(Interface, address, address.BitCount, skipsDetection: true);
            _hasLocal = true;
        }
    }

    /// <summary>An address to connect from, where the script has named none yet.</summary>
    internal void NeedLocal(bool isIPv4)
    {
        if (!_hasLocal && InternetAddress.TryParse(isIPv4 ? "192.168.0.1" : "fd3d:fa7b:d17d::1", out var address))
        {
            AddLocal(address);
        }
    }

    /// <summary>The address that packets to a host come from.</summary>
    internal InternetAddress LocalFor(InternetAddress remote) =>
        _host.TryBorrowPath(remote.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6, remote, 0, out var path)
            ? path.Source
            : default;

    /// <summary>After anything that may have changed something: what is due, and calls that can end now.</summary>
    internal void Settle()
    {
        for (var i = 0; i < 1000 && _host.NextDeadline <= Now; i++)
        {
            _host.OnTimer(Now);
        }

        _host.Flush();
        for (var i = _pending.Count - 1; i >= 0; i--)
        {
            if (_pending[i].TryEnd(Now))
            {
                _pending.RemoveAt(i);
                Monitor.PulseAll(Gate);
            }
        }

        ListSockets();
    }

    /// <summary>For the stub of <c>sockstat</c>: what it prints on FreeBSD, as far as scripts look at it.</summary>
    private void ListSockets()
    {
        if (string.IsNullOrEmpty(_socketList))
        {
            return;
        }

        var states = Sockets.States().Concat(Enumerable.Repeat("SYN_RCVD", Tcp.HalfOpenCount))
            .Concat(Enumerable.Repeat("TIME_WAIT", Tcp.TimeWaitCount));
        var list = string.Concat(states.Select(s => $"root packetdrill {s}\n"));
        if (list != _listed)
        {
            _listed = list;
            File.WriteAllText(_socketList, list);
        }
    }

    /// <summary>
    /// Does a call that may have to wait. On packetdrill's own thread the time moves on meanwhile, on its thread for blocking calls that
    /// one moves it.
    /// </summary>
    internal void Wait(PendingCall call)
    {
        Settle();
        if (call.TryEnd(Now))
        {
            Settle();
            return;
        }

        _pending.Add(call);
        if (Environment.CurrentManagedThreadId != _mainThread)
        {
            while (!call.HasEnded)
            {
                Monitor.Wait(Gate);
            }

            return;
        }

        while (!call.HasEnded && Next() is var next && next != Instant.Never)
        {
            AdvanceTo(next > Now ? next : Now);
        }
    }

    private Instant Next()
    {
        var next = _host.NextDeadline;
        foreach (var call in _pending)
        {
            next = Instant.Earlier(next, call.Deadline);
        }

        return next;
    }

    private void AdvanceTo(Instant time)
    {
        while (true)
        {
            Settle();
            var next = Next();
            if (next > time)
            {
                break;
            }

            Now = next > Now ? next : new Instant(Now.Nanoseconds + 1000);
        }

        Now = time > Now ? time : Now;
        _host.AdvanceTo(Now);
        Settle();
    }
}
