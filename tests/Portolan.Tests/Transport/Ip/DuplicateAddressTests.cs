using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Ip;

namespace Portolan.Tests.Transport.Ip;

/// <summary>No address is used before the link was asked for it: of IPv6, and of IPv4 where the interface is to look.</summary>
public sealed class DuplicateAddressTests
{
    private readonly LabNetwork _network = new();

    [Fact]
    public void An_address_is_tentative_until_nobody_claimed_it()
    {
        var host = _network.AddHost();
        var at = host.Join(_network.AddSwitch());
        var address = host.Ip.AddAddress(at, LabNetwork.Ip("2001:db8::1"), 64);
        Assert.Equal(AddressState.Tentative, address.State);
        Assert.False(host.Ip.TryFindPath(LabNetwork.Ip("2001:db8::1"), LabNetwork.Ip("2001:db8::2"), 0, out _));
        _network.Run(2.1);
        Assert.Equal(AddressState.Preferred, address.State);
        Assert.True(host.Ip.TryFindPath(LabNetwork.Ip("2001:db8::1"), LabNetwork.Ip("2001:db8::2"), 0, out _));
    }

    [Fact]
    public void An_address_that_another_host_has_is_not_used()
    {
        var net = _network.AddSwitch();
        _network.AddHost().Join(net, addresses: "2001:db8::1/64");
        var late = _network.AddHost();
        var address = late.Ip.AddAddress(late.Join(net), LabNetwork.Ip("2001:db8::1"), 64);
        _network.Run(3);
        Assert.Equal(AddressState.Duplicate, address.State);
        Assert.False(late.Ip.IsLocal(address.Address));
    }

    [Fact]
    public void Of_two_who_ask_at_once_at_most_one_takes_the_address()
    {
        var net = _network.AddSwitch();
        HostAddress[] addresses = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            var host = _network.AddHost();
            return host.Ip.AddAddress(host.Join(net), LabNetwork.Ip("2001:db8::1"), 64);
        })];
        _network.Run(3);

        // The one who hears the other's question before it asked itself (RFC 4862 section 5.4.3).
        Assert.Single(addresses, a => a.State == AddressState.Duplicate);
        Assert.Single(addresses, a => a.State == AddressState.Preferred);
    }

    [Fact]
    public void A_stable_link_local_address_is_the_same_each_time_and_another_on_another_interface()
    {
        var made = Enumerable.Range(0, 2).Select(_ =>
        {
            var network = new LabNetwork();
            var host = network.AddHost(new IpHostOptions { Seed = 42 });
            var net = network.AddSwitch();
            return (host.Join(net, linkLocal: LinkLocalChoice.Stable).Addresses[0].Address,
                host.Join(net, linkLocal: LinkLocalChoice.Stable).Addresses[0].Address);
        }).ToArray();
        Assert.Equal(made[0], made[1]);
        Assert.NotEqual(made[0].Item1, made[0].Item2);
        Assert.True(made[0].Item1.IsLinkLocal);
    }

    [Fact]
    public void A_stable_link_local_address_that_is_taken_is_replaced_by_the_next()
    {
        var net = _network.AddSwitch();
        var first = _network.AddHost(new IpHostOptions { Seed = 42 }).Join(net, linkLocal: LinkLocalChoice.Stable);
        var taken = first.Addresses[0].Address;
        _network.Run(3);

        // The same secret, interface number and Ethernet address make the same address.
        var twin = _network.AddHost(new IpHostOptions { Seed = 42 });
        var options = first.Options with { Name = "twin" };
        var port = net.AddPort(first.HardwareAddress);
        var at = twin.Ip.AddInterface(options, port.OpenSender());
        Assert.Equal(taken, at.Addresses[0].Address);
        at.Addresses[0].Check!.Fail();
        Assert.Equal(AddressState.Duplicate, at.Addresses[0].State);
        Assert.Equal(AddressState.Tentative, at.Addresses[1].State);
        Assert.NotEqual(taken, at.Addresses[1].Address);
    }

    [Fact]
    public void An_address_made_of_the_ethernet_address_has_its_bytes()
    {
        var host = _network.AddHost();
        var at = host.Ip.AddInterface(
            new IpInterfaceOptions
            {
                Name = "eth0",
                HardwareAddress = new MacAddress(0x0000_5e00_5301),
                LinkLocal = LinkLocalChoice.HardwareAddress,
            },
            _network.AddSwitch().AddPort(default).OpenSender());
        Assert.Equal(LabNetwork.Ip("fe80::200:5eff:fe00:5301"), at.Addresses[0].Address);
    }

    [Theory]
    [InlineData(LinkLocalChoice.HardwareAddress, false)]
    [InlineData(LinkLocalChoice.Stable, true)]
    public void An_interface_whose_ethernet_address_another_station_has_goes_down_RFC_4862_section_5_4_5(
        LinkLocalChoice choice, bool staysUp)
    {
        var host = _network.AddHost();
        var at = host.Join(_network.AddSwitch(), linkLocal: choice, addresses: "198.18.0.1/24");
        host.Ip.AddAddress(at, LabNetwork.Ip("2001:db8::1"), 64);
        var own = at.Addresses.Single(a => a.Address.IsLinkLocal);
        _network.Settle();
        _network.Seen.Clear();
        var (group, frame) = (LabNetwork.Ip("ff02::1"), new byte[14 + 40 + 32]);
        EthernetWriter.Write(
            frame, NeighbourDiscoveryWriter.MulticastHardwareAddress(group), new MacAddress(0x0200_0000_0099), EtherType.Ipv6);
        var length = NeighbourDiscoveryWriter.WriteAdvertisement(
            frame.AsSpan(54), own.Address, group, own.Address, new MacAddress(0x0200_0000_0099), NeighbourFlags.Override);
        Ipv6Writer.Write(frame.AsSpan(14), own.Address, group, IpProtocol.Icmpv6, length, NeighbourDiscoveryWriter.HopLimit);
        host.Inject(at, frame);
        Assert.Equal((AddressState.Duplicate, staysUp), (own.State, at.IsUp));
        _network.Run(3);
        Assert.Equal(staysUp, host.Send("198.18.0.1", "198.18.0.2", [1]));
        Assert.Equal(staysUp, _network.Seen.Count > 0);

        // Up again, addresses that were being asked for are asked for anew.
        at.IsUp = true;
        _network.Run(3);
        Assert.Equal(AddressState.Preferred, at.Addresses.Single(a => a.Address == LabNetwork.Ip("2001:db8::1")).State);
    }

    [Fact]
    public void An_IPv4_address_is_asked_for_three_times_and_announced_twice_RFC_5227_section_2()
    {
        var host = _network.AddHost();
        var at = host.Join(_network.AddSwitch(), detectsConflicts: true);
        var address = host.Ip.AddAddress(at, Wanted, 24);
        Assert.Equal(AddressState.Tentative, address.State);
        Assert.False(host.Send("198.18.0.1", "198.18.0.2", [1]));
        _network.Run(3.9);
        Assert.Equal(AddressState.Tentative, address.State);
        _network.Run(10);
        Assert.Equal(AddressState.Preferred, address.State);
        var nobody = LabNetwork.Ip("0.0.0.0");
        Assert.Equal([nobody, nobody, nobody, Wanted, Wanted], Arps().Select(static a => a.Sender));
        Assert.All(Arps(), a => Assert.Equal(Wanted, a.Target));
    }

    [Fact]
    public void An_IPv4_address_that_another_host_has_is_not_used()
    {
        var net = _network.AddSwitch();
        _network.AddHost().Join(net, addresses: "198.18.0.1/24");
        var late = _network.AddHost();
        var address = late.Ip.AddAddress(late.Join(net, detectsConflicts: true), Wanted, 24);
        _network.Run(10);
        Assert.Equal(AddressState.Duplicate, address.State);
        Assert.False(late.Ip.IsLocal(Wanted));
        Assert.DoesNotContain(Arps(), a => a.Sender == Wanted && a.Target == Wanted);
    }

    [Fact]
    public void Of_two_who_ask_for_an_IPv4_address_at_once_at_most_one_takes_it()
    {
        var net = _network.AddSwitch();
        HostAddress[] addresses = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            var host = _network.AddHost();
            return host.Ip.AddAddress(host.Join(net, detectsConflicts: true), Wanted, 24);
        })];
        _network.Run(10);
        Assert.Single(addresses, static a => a.State == AddressState.Duplicate);
        Assert.Single(addresses, static a => a.State == AddressState.Preferred);
    }

    [Theory]
    [InlineData(5, AddressState.Duplicate)]
    [InlineData(11, AddressState.Preferred)]
    public void An_IPv4_address_is_defended_once_in_ten_seconds_RFC_5227_section_2_4(double between, AddressState expected)
    {
        var host = _network.AddHost();
        var at = host.Join(_network.AddSwitch(), detectsConflicts: true);
        var address = host.Ip.AddAddress(at, Wanted, 24);
        _network.Run(15);
        _network.Seen.Clear();
        var claim = new byte[60];
        EthernetWriter.Write(claim, MacAddress.Broadcast, new MacAddress(0x0200_0000_0099), EtherType.Arp);
        ArpWriter.Write(claim.AsSpan(14), ArpOperation.Request, new MacAddress(0x0200_0000_0099), Wanted, default, Wanted);
        host.Inject(at, claim);
        _network.Settle();
        Assert.Equal(AddressState.Preferred, address.State);
        Assert.Equal((Wanted, Wanted), Arps()[0]);
        _network.Run(between);
        host.Inject(at, claim);
        _network.Settle();
        Assert.Equal(expected, address.State);
        Assert.Equal(expected == AddressState.Preferred ? 2 : 1, Arps().Count(static a => a.Sender == a.Target));
    }

    private static InternetAddress Wanted => LabNetwork.Ip("198.18.0.1");

    /// <summary>Questions of ARP that were seen.</summary>
    private List<(InternetAddress Sender, InternetAddress Target)> Arps()
    {
        List<(InternetAddress Sender, InternetAddress Target)> found = [];
        foreach (var frame in _network.Seen)
        {
            if (EthernetFrame.TryRead(frame, out var ethernet) && ArpPacket.TryRead(ethernet.Payload, out var arp)
                && arp.Operation == ArpOperation.Request)
            {
                found.Add((arp.SenderAddress, arp.TargetAddress));
            }
        }

        return found;
    }
}
