using System.Net;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;

namespace Portolan.Tests.Lab.Running;

/// <summary>Hosts that nobody has spoken to cost next to nothing, whatever services they have.</summary>
public sealed class SleepingHostsTests
{
    private const int Count = 3000;

    [Fact]
    public async Task Single_hosts_with_services_sleep_until_somebody_speaks_to_them()
    {
        PortRule[] open = [
            SmallLab.Tcp("1", Of("http")), SmallLab.Udp("53", Of("dns")), SmallLab.Udp("161", Of("snmp")), SmallLab.Tcp("25", Of("smtp"))];
        var hosts = Enumerable.Range(0, Count).Select(i => new HostSpec
        {
            Name = $"h{i}",
            Network = "net",
            Addresses = [Single($"198.18.{16 + (i >> 8)}.{i & 255}")],
            Ports = open,
        });
        await using var lab = new VirtualNetwork(
            new LabTopology
            {
                Name = "many",
                Networks = [new NetworkSpec { Name = "net", Ipv4 = LabStories.Prefix("198.18.0.0/15") }],
                Hosts = [.. hosts]
            }, new() { IsVirtualTime = true });
        lab.Run(TimeSpan.FromMinutes(1));

        Assert.Equal(0, lab.AwakeCount);
        lab.Run(
            async () =>
            {
                await using var stream = await lab.StackOf("h0").ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.16.9"), 1));
            },
            TimeSpan.FromMinutes(1));
        Assert.Equal(2, lab.AwakeCount);
    }

    private static OpenPort Of(string service) => new(new ServiceSpec(service, new Dictionary<string, string>()));

    private static AddressRange Single(string address) => new(SmallLab.Address(address), SmallLab.Address(address));
}
