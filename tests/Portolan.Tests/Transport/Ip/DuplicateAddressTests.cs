using Portolan.Packets;
using Portolan.Transport.Ip;

namespace Portolan.Tests.Transport.Ip;

/// <summary>No address is used before the link was asked for it.</summary>
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
            return (host.Join(net, linkLocal: LinkLocalChoice.Stable).Addresses[0].Address, host.Join(net, linkLocal: LinkLocalChoice.Stable).Addresses[0].Address);
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
            new IpInterfaceOptions { Name = "eth0", HardwareAddress = new MacAddress(0x0000_5e00_5301), LinkLocal = LinkLocalChoice.HardwareAddress },
            _network.AddSwitch().AddPort(default).OpenSender());
        Assert.Equal(LabNetwork.Ip("fe80::200:5eff:fe00:5301"), at.Addresses[0].Address);
    }
}
