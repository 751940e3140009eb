using System.Net;
using System.Net.Sockets;
using Portolan.Lab.Testing;

namespace Portolan.Tests.Lab.Running;

/// <summary>What routers of a lab do with errors, and with connections that they forward.</summary>
public sealed class RouterTests
{
    private const string Shop =
        """
        name: shop
        networks: { home: 198.18.0.0/24, lane: { prefix: 198.18.3.0/24, mtu: 1280 }, street: 198.18.1.0/24, shop: 198.18.2.0/24 }
        routers:
          porch: { networks: { home: 198.18.0.1, lane: 198.18.3.1 } }
          door: { networks: { lane: 198.18.3.2, street: 198.18.1.1 } }
          gate:
            networks: { street: 198.18.1.2, shop: 198.18.2.1 }
            firewall: { default: drop, rules: [ allow from 198.18.0.0/24, allow from 198.18.1.0/24 ] }
            forward: [ tcp 8080 to 198.18.2.10:80 ]
        hosts: { pc: 198.18.0.10, guest: 198.18.1.10, web: { address: 198.18.2.10, ports: [http] } }
        """;

    [Fact]
    public async Task Packets_too_big_for_the_clients_side_are_told_to_the_server_behind_a_forwarded_port()
    {
        await using var lab = TestLab.FromYaml(Shop);
        var length = 0;
        lab.Run(async () =>
        {
            await using var stream = await lab["pc"].ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.1.2"), 8080));
            await stream.WriteAsync("GET /large?bytes=100000 HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"u8.ToArray());
            var buffer = new byte[4096];
            int read;
            while ((read = await stream.ReadAsync(buffer)) > 0)
            {
                length += read;
            }
        });

        Assert.InRange(length, 100_000, 101_000);
        Assert.True(
            lab.Network.Time.GetUtcNow() - Portolan.Lab.Running.Time.LabClock.VirtualOrigin < TimeSpan.FromSeconds(5),
            "the path MTU was found by timeouts only");
    }

    [Fact]
    public async Task Who_has_no_host_behind_a_forwarded_port_learns_it()
    {
        await using var lab = TestLab.FromYaml(Shop.Replace("198.18.2.10:80", "198.18.2.99:80", StringComparison.Ordinal));
        var error = SocketError.Success;
        lab.Run(async () =>
        {
            try
            {
                await using var stream = await lab["guest"].ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.1.2"), 8080));
            }
            catch (SocketException exception)
            {
                error = exception.SocketErrorCode;
            }
        });

        Assert.Equal(SocketError.HostUnreachable, error);
    }

    [Fact]
    public async Task Two_programs_that_echo_each_other_do_not_keep_the_world_outside_out()
    {
        await using var lab = TestLab.FromYaml(
            """
            name: echoes
            networks: { net: 198.18.0.0/24 }
            hosts: { a: { address: 198.18.0.1, ports: { 5007/udp: echo, 6007/udp: echo } }, b: { address: 198.18.0.2, ports: { 5007/udp: echo, 6007/udp: echo } }, c: 198.18.0.3 }
            """);
        var replies = 0;
        lab.Run(async () =>
        {
            using var client = lab["c"].BindUdp(new IPEndPoint(IPAddress.Any, 5007));
            await client.SendAsync("hello"u8.ToArray(), new IPEndPoint(IPAddress.Parse("198.18.0.1"), 5007));
            using var other = lab["c"].BindUdp(new IPEndPoint(IPAddress.Any, 0));
            await other.SendAsync("hello"u8.ToArray(), new IPEndPoint(IPAddress.Parse("198.18.0.2"), 6007));
            var buffer = new byte[10];
            await other.ReceiveAsync(buffer);
            replies++;
        });

        Assert.Equal(1, replies);
        Assert.Equal(3, lab.Packets.Count);
    }
}
