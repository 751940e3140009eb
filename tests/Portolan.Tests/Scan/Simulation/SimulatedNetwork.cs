using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Tests.Scan.Simulation;

/// <summary>
/// A network in virtual time: one Ethernet link with neighbours and a router, behind which are more hosts; loss each way at random from a seed. Time moves only when a
/// receiver waits.
/// </summary>
/// <remarks>On the link: 198.18.0.0/16 and 2001:db8::/64. Behind the router 198.18.255.254 or 2001:db8::ffff: all else.</remarks>
internal sealed class SimulatedNetwork(int seed) : INetwork
{
    private const int Interface = 7;
    private static readonly InternetAddress Gateway4 = Address("198.18.255.254");
    private static readonly InternetAddress Gateway6 = Address("2001:db8::ffff");

    private readonly Dictionary<InternetAddress, SimulatedHost> _hosts = [];
    private readonly PriorityQueue<byte[], (long At, long Number)> _coming = new();
    private readonly Random _random = new(seed);
    private long _number;

    internal int Seed => seed;

    internal VirtualTime Time { get; } = new();

    /// <summary>Chance that a frame is lost, on the way there and on the way back alike.</summary>
    internal double Loss { get; set; }

    /// <summary>So many frames leave before any is lost.</summary>
    internal long LossFrom { get; set; }

    /// <summary>The most frames a second that come through; the rest is lost.</summary>
    internal AnswerLimit? Capacity { get; set; }

    /// <summary>The link takes nothing: every frame is refused.</summary>
    internal SendFailure Failure { get; set; }

    internal long FramesSent { get; private set; }

    internal static MacAddress OwnHardware => new(0x0200_0000_0001);

    internal static InternetAddress Own4 => Address("198.18.0.1");

    internal static InternetAddress Own6 => Address("2001:db8::1");

    internal static MacAddress GatewayHardware => new(0x0200_0000_00fe);

    internal static InternetAddress Address(string text) => InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);

    internal SimulatedHost Add(string address, SimulatedHost host)
    {
        host.HardwareAddress = new MacAddress(0x0200_0000_1000UL + (ulong)_hosts.Count);
        _hosts.Add(Address(address), host);
        return host;
    }

    public RouteAnswer FindRoute(InternetAddress destination, string? interfaceName = null, InternetAddress? source = null)
    {
        var isNear = destination.IsIPv4 ? destination.IsIn(Address("198.18.0.0"), 16) : destination.IsIn(Address("2001:db8::"), 64);
        var own = destination.IsIPv4 ? Own4 : Own6;
        return destination == Address("203.0.113.255")
            ? new RouteAnswer(null, "no route to 203.0.113.255", "add one")
            : new RouteAnswer(new Route(Interface, "sim0", LinkLayer.Ethernet, source ?? own, isNear ? null : destination.IsIPv4 ? Gateway4 : Gateway6, false, 1500), null, null);
    }

    public bool TryFindNeighbour(int interfaceIndex, InternetAddress address, out MacAddress hardwareAddress)
    {
        hardwareAddress = default;
        return false;
    }

    public IPacketLink Open(Route route) => new SimulatedLink(this);

    /// <summary>A frame leaves us.</summary>
    internal void Deliver(ReadOnlySpan<byte> frame)
    {
        FramesSent++;
        if (IsLost() || !(Capacity?.TryTake(Time.Now) ?? true) || !EthernetFrame.TryRead(frame, out var ethernet))
        {
            return;
        }

        switch (ethernet.Type)
        {
            case EtherType.Arp when ArpPacket.TryRead(ethernet.Payload, out var arp):
                AnswerArp(arp);
                break;
            case EtherType.Ipv4 when Ipv4Packet.TryRead(ethernet.Payload, out var packet) && packet.HasValidChecksum:
                Arrive(ethernet.Destination, packet.Source, packet.Destination, packet.Protocol, packet.Payload, ethernet.Payload);
                break;
            case EtherType.Ipv6 when Ipv6Packet.TryRead(ethernet.Payload, out var packet):
                Arrive(ethernet.Destination, packet.Source, packet.Destination, packet.Protocol, packet.Payload, ethernet.Payload);
                break;
        }
    }

    /// <summary>A frame comes to us after a while, if it is not lost; says whether it will.</summary>
    internal bool Come(byte[] frame, long at)
    {
        if (IsLost())
        {
            return false;
        }

        _coming.Enqueue(frame, (at, _number++));
        return true;
    }

    internal bool IsLost() => Loss > 0 && FramesSent > LossFrom && _random.NextDouble() < Loss;

    /// <summary>Hands over frames that have come, waiting for the first in virtual time.</summary>
    internal int Receive(IFrameSink sink, TimeSpan timeout)
    {
        const int Batch = 64;
        var limit = Time.Now + (timeout.Ticks * 100);
        if (!_coming.TryPeek(out _, out var first) || first.At > limit)
        {
            Time.AdvanceTo(limit);
            return 0;
        }

        Time.AdvanceTo(first.At);
        var count = 0;
        while (count < Batch && _coming.TryPeek(out var frame, out var due) && due.At <= Time.Now)
        {
            _coming.Dequeue();
            sink.OnFrame(frame, due.At);
            count++;
        }

        return count;
    }

    private void AnswerArp(ArpPacket arp)
    {
        if (arp.TargetAddress == Gateway4)
        {
            Come(SimulatedReplies.Arp(GatewayHardware, Gateway4), Time.Now + VirtualTime.Milliseconds(0.2));
        }
        else if (_hosts.TryGetValue(arp.TargetAddress, out var host) && host.AnswersArp)
        {
            Come(SimulatedReplies.Arp(host.HardwareAddress, arp.TargetAddress), Time.Now + VirtualTime.Milliseconds(host.RoundTrip));
        }
    }

    private void Arrive(
        MacAddress hardware, InternetAddress source, InternetAddress destination, IpProtocol protocol, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> packet)
    {
        if (protocol == IpProtocol.Icmpv6 && Icmpv6Message.TryRead(payload, out var message) && message.Type == Icmpv6Type.NeighbourSolicitation)
        {
            AnswerSolicitation(source, message.NeighbourTarget);
            return;
        }

        if (!_hosts.TryGetValue(destination, out var host)
            || (hardware != host.HardwareAddress && hardware != GatewayHardware))
        {
            return;
        }

        new SimulatedReplies(this, host, source, destination).Answer(protocol, payload, packet);
    }

    private void AnswerSolicitation(InternetAddress source, InternetAddress target)
    {
        if (target == Gateway6)
        {
            Come(SimulatedReplies.Advertisement(GatewayHardware, target, source), Time.Now + VirtualTime.Milliseconds(0.2));
        }
        else if (_hosts.TryGetValue(target, out var host) && host.AnswersArp)
        {
            Come(SimulatedReplies.Advertisement(host.HardwareAddress, target, source), Time.Now + VirtualTime.Milliseconds(host.RoundTrip));
        }
    }
}
