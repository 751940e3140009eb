using System.Net;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Listing;
using Portolan.Lab.Topology;

namespace Portolan.Tests.Lab.Running;

/// <summary>The sockets of all hosts of a lab.</summary>
public sealed class LabSocketsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_host_that_sleeps_has_its_listeners_and_a_range_has_them_once()
    {
        await using var lab = Lab(
            SmallLab.Tcp("22,80", PortPolicy.Open), SmallLab.Tcp("81", PortPolicy.Closed), SmallLab.Tcp("82", PortPolicy.Filtered),
            SmallLab.Udp("7", new OpenPort(new ServiceSpec("echo"))));
        Assert.Equal(
            [
                "server 1 Tcp Listen :: 22", "server 1 Tcp Listen :: 80", "server 1 Udp  :: 7",
                "crowd 100 Tcp Listen 0.0.0.0 22", "crowd 100 Tcp Listen 0.0.0.0 80", "crowd 100 Udp  0.0.0.0 7",
            ],
            lab.GetSockets().Select(Said));
    }

    [Fact]
    public async Task A_host_that_was_woken_has_the_same_listeners_as_before_and_its_connections()
    {
        await using var lab = Lab(
            SmallLab.Tcp("22,80", PortPolicy.Open), SmallLab.Tcp("90", new TarpitPort(TimeSpan.FromSeconds(1))),
            SmallLab.Udp("7", new OpenPort(new ServiceSpec("echo"))));
        var before = lab.GetSockets().Select(Said).ToList();
        List<string> during = [];
        lab.Run(
            async () =>
            {
                await using var stream = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.1.177"), 80));
                await using var other = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.1.10"), 22));
                await Task.Delay(TimeSpan.FromSeconds(1), lab.Time);
                during = [.. lab.GetSockets().Select(Said)];
            },
            Long);

        Assert.Equal(before, during.Except(during.Where(static s => s.Contains(" > ", StringComparison.Ordinal))));
        var connections = during.Where(static s => s.Contains(" > ", StringComparison.Ordinal))
            .Select(static s => string.Join(' ', s.Split(' ')[..6])).ToList();
        Assert.Equal(4, connections.Count);
        Assert.Equal(2, connections.Count(static s => s.StartsWith("pc 1 Tcp Established 198.18.0.10 ", StringComparison.Ordinal)));
        Assert.Contains("crowd-78 1 Tcp Established 198.18.1.177 80", connections);
        Assert.Contains("server 1 Tcp Established 198.18.1.10 22", connections);
    }

    [Fact]
    public async Task A_host_that_listens_on_hundreds_of_ports_has_them_in_one()
    {
        await using var lab = Lab(SmallLab.Tcp("22", PortPolicy.Open), SmallLab.Tcp("1000-1999", PortPolicy.Open));
        Assert.Equal(["server 1 Tcp Listen :: 22", "server 1 Tcp Listen :: 1000-1999"], lab.GetSockets().Take(2).Select(Said));
    }

    [Fact]
    public async Task A_host_that_answers_everything_listens_on_all_ports_that_are_not_named()
    {
        var topology = SmallLab.Topology(SmallLab.Tcp("22", PortPolicy.Closed));
        await using var lab = new VirtualNetwork(
            topology with { Hosts = [topology.Hosts[1] with { DefaultTcp = PortPolicy.Open }] }, new() { IsVirtualTime = true });
        Assert.Equal("server 1 Tcp Listen :: 1-21,23-65535", Said(Assert.Single(lab.GetSockets())));
    }

    [Fact]
    public async Task What_is_too_much_is_counted()
    {
        await using var lab = Lab(SmallLab.Tcp("22,80", PortPolicy.Open));
        var list = lab.GetSockets(3);
        Assert.Equal((3, 1), (list.Count, list.LeftOut));
    }

    private static VirtualNetwork Lab(params PortRule[] ports) => new(SmallLab.Topology(ports), new() { IsVirtualTime = true });

    private static string Said(LabSocket s) =>
        $"{s.Host} {s.HostCount} {s.Protocol} {s.State} {s.LocalAddress} "
            + $"{(s.Ports is { } ports ? ports.ToString() : s.LocalPort.ToString())}"
            + $"{(s.RemoteAddress is { } remote ? $" > {remote} {s.RemotePort}" : "")}";
}
