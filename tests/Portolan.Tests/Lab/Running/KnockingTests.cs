using Portolan.Lab.Running.Hosts;
using Portolan.Lab.Topology;
using Portolan.Model;
using Portolan.Transport;

namespace Portolan.Tests.Lab.Running;

/// <summary>Who has knocked is remembered, also while many others knock.</summary>
public sealed class KnockingTests
{
    private static readonly InternetAddress Host = SmallLab.Address("198.18.0.20");

    [Fact]
    public void Knocks_from_made_up_addresses_shut_no_port_for_who_has_opened_it()
    {
        var policy = new KnockPort(
            [new PortNumber(7000), new PortNumber(7001)], new ServiceSpec("echo", new Dictionary<string, string>(StringComparer.Ordinal)),
            TimeSpan.FromSeconds(10));
        var knocking = new Knocking([policy], most: 100);
        var friends = Enumerable.Range(1, 40).Select(Address).ToList();
        foreach (var friend in friends)
        {
            knocking.Hear(Host, friend, 7000, new Instant(0));
            knocking.Hear(Host, friend, 7001, new Instant(1));
        }

        for (var i = 0; i < 1000; i++)
        {
            knocking.Hear(Host, Address(1000 + i), 7000, new Instant(2));
            Assert.InRange(knocking.Count, 1, 100);
        }

        Assert.All(friends, friend => Assert.True(knocking.IsOpen(policy, Host, friend, new Instant(3))));

        // Of those who are half done the last ones are known yet.
        knocking.Hear(Host, Address(1999), 7001, new Instant(4));
        knocking.Hear(Host, Address(1000), 7001, new Instant(4));
        Assert.True(knocking.IsOpen(policy, Host, Address(1999), new Instant(5)));
        Assert.False(knocking.IsOpen(policy, Host, Address(1000), new Instant(5)));
    }

    private static InternetAddress Address(int number) => InternetAddress.FromIPv4(0xC612_0000 + (uint)number);
}
