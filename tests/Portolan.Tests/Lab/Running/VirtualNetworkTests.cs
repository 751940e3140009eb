using System.Net;
using System.Net.Sockets;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;

namespace Portolan.Tests.Lab.Running;

/// <summary>Hosts of a lab against each other, through the router, in virtual time.</summary>
public sealed class VirtualNetworkTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData("198.18.1.10")]
    [InlineData("2001:db8:2::10")]
    [InlineData("198.18.1.177")]
    public async Task A_client_connects_through_the_router_to_an_open_port(string address)
    {
        await using var lab = new VirtualNetwork(SmallLab.Topology(SmallLab.Tcp("80", PortPolicy.Open)), new() { IsVirtualTime = true });
        var done = false;
        lab.Run(
            async () =>
            {
                await using var stream = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(IPAddress.Parse(address), 80));
                Assert.Equal(address, stream.RemoteEndPoint.Address.ToString());
                done = true;
            },
            Long);

        Assert.True(done);
    }

    [Fact]
    public async Task A_stack_that_was_listed_while_it_had_nothing_to_do_still_connects()
    {
        await using var lab = new VirtualNetwork(SmallLab.Topology(SmallLab.Tcp("80", PortPolicy.Open)), new() { IsVirtualTime = true });
        var done = false;
        lab.Run(
            async () =>
            {
                await Task.Delay(TimeSpan.FromMinutes(1), lab.Time);
                Assert.Empty(lab.StackOf("pc").GetSockets());
                await Task.Delay(TimeSpan.FromSeconds(1), lab.Time);
                await using var stream = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.1.10"), 80));
                done = true;
            },
            Long);

        Assert.True(done);
    }

    [Theory]
    [InlineData("198.18.1.10")]
    [InlineData("2001:db8:2::10")]
    [InlineData("198.18.1.177")]
    public async Task A_port_where_nobody_listens_refuses(string address) =>
        Assert.Equal(SocketError.ConnectionRefused, await ConnectAsync(address, SmallLab.Tcp("80", PortPolicy.Open), 81));

    [Theory]
    [InlineData("198.18.1.10")]
    [InlineData("198.18.1.177")]
    public async Task A_filtered_port_is_silent(string address) =>
        Assert.Equal(SocketError.TimedOut, await ConnectAsync(address, SmallLab.Tcp("80", PortPolicy.Filtered), 80));

    [Theory]
    [InlineData(RefusalKind.HostUnreachable, SocketError.HostUnreachable)]
    [InlineData(RefusalKind.NetworkUnreachable, SocketError.NetworkUnreachable)]
    [InlineData(RefusalKind.PortUnreachable, SocketError.ConnectionRefused)]
    [InlineData(RefusalKind.AdminProhibited, SocketError.HostUnreachable)]
    [InlineData(RefusalKind.TcpReset, SocketError.ConnectionRefused)]
    public async Task A_rejected_port_answers_with_its_error(RefusalKind kind, SocketError error) =>
        Assert.Equal(error, await ConnectAsync("198.18.1.10", SmallLab.Tcp("80", new RejectedPort(kind)), 80));

    [Fact]
    public async Task The_router_answers_for_a_host_that_is_not_there() =>
        Assert.Equal(SocketError.HostUnreachable, await ConnectAsync("198.18.1.77", SmallLab.Tcp("80", PortPolicy.Open), 80));

    [Fact]
    public async Task Every_packet_is_told_with_its_segment_and_why()
    {
        var log = new List<string>();
        var options = new VirtualNetworkOptions
        {
            IsVirtualTime = true,
            Observer = (in e, _) => log.Add($"{e.Segment} {e.From}>{e.To ?? "nobody"} {e.Why}".TrimEnd()),
        };
        await using var lab = new VirtualNetwork(SmallLab.Topology(SmallLab.Tcp("80", PortPolicy.Open)), options);
        lab.Run(
            async () =>
            {
                var error = await Assert.ThrowsAsync<SocketException>(
                    () => lab.StackOf("pc").ConnectTcpAsync(
                        new IPEndPoint(IPAddress.Parse("198.18.1.10"), 81), null, TestContext.Current.CancellationToken));
                Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
            },
            Long);

        Assert.Equal(["left pc>gateway", "right gateway>server port 81/tcp is closed", "right server>gateway", "left gateway>pc"], log);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_packets()
    {
        async Task<List<string>> PlayAsync(ulong seed)
        {
            var log = new List<string>();
            var topology = SmallLab.Topology(SmallLab.Tcp("80", PortPolicy.Open));
            topology = topology with
            {
                Networks = [.. topology.Networks.Select(
                static n =>
                    n with { Quality = new LinkQuality { Latency = TimeSpan.FromMilliseconds(3), Jitter = TimeSpan.FromMilliseconds(1),
                        Loss = 0.1 } })]
            };
            var options = new VirtualNetworkOptions
            {
                Seed = seed,
                IsVirtualTime = true,
                Observer = (in e, bytes) => log.Add($"{e.Time.Nanoseconds} {e.Segment} {e.From} {Convert.ToHexString(bytes)}"),
            };
            await using var lab = new VirtualNetwork(topology, options);
            lab.Run(
                () => Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
                {
                    await using var stream = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.1.10"), 80));
                    await stream.WriteAsync(new byte[20_000]);
                    stream.ShutdownWrite();
                    while (await stream.ReadAsync(new byte[100]) > 0)
                    {
                    }
                })),
                Long);
            return log;
        }

        var first = await PlayAsync(7);
        Assert.True(first.Count > 100);
        Assert.Equal(first, await PlayAsync(7));
        Assert.NotEqual(first, await PlayAsync(8));
    }

    private static async Task<SocketError> ConnectAsync(string address, PortRule rule, int port)
    {
        await using var lab = new VirtualNetwork(SmallLab.Topology(rule), new() { IsVirtualTime = true });
        var error = SocketError.Success;
        lab.Run(
            async () =>
            {
                try
                {
                    await using var stream = await lab.StackOf("pc").ConnectTcpAsync(new IPEndPoint(IPAddress.Parse(address), port));
                }
                catch (SocketException exception)
                {
                    error = exception.SocketErrorCode;
                }
            },
            Long);
        return error;
    }
}
