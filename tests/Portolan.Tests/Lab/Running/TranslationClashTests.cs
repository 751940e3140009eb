using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.Lab.Testing;
using Portolan.Transport;

namespace Portolan.Tests.Lab.Running;

/// <summary>
/// Connections of one client port that forwarded ports lead to the same server port: the router keeps them apart by another source port.
/// </summary>
public sealed class TranslationClashTests
{
    private const int Same = 50_000;

    private const string Shop =
        """
        name: shop
        networks: { home: 198.18.0.0/24, lane: { prefix: 198.18.3.0/24, mtu: 1280 }, street: 198.18.1.0/24, shop: 198.18.2.0/24 }
        routers:
          porch: { networks: { home: 198.18.0.1, lane: 198.18.3.1 } }
          door: { networks: { lane: 198.18.3.2, street: 198.18.1.1 } }
          gate:
            networks: { street: 198.18.1.2, shop: 198.18.2.1 }
            forward: [ tcp 8080 to 198.18.2.10:80, tcp 8081 to 198.18.2.10:80, udp 7007 to 198.18.2.10:7, tcp 9090 to 198.18.2.99:80, tcp 9091 to 198.18.2.99:80 ]
        hosts: { pc: 198.18.0.10, web: { address: 198.18.2.10, ports: { 80: http, 7/udp: echo } } }
        """;

    private static readonly IPEndPoint[] Ways = [Gate(8080), Web(80), Gate(8081)];

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(1, 0, 2)]
    [InlineData(2, 1, 0)]
    public async Task One_client_port_speaks_by_all_ways_with_one_server_port(int first, int second, int third)
    {
        await using var lab = TestLab.FromYaml(Shop);
        var pages = new List<string>();
        lab.Run(async () =>
        {
            var streams = new List<TcpStream>();
            foreach (var way in new[] { first, second, third })
            {
                streams.Add(await ConnectAsync(lab, Ways[way]));
            }

            // Their packets cross the small lane both ways at once: errors about their size come back to all of them.
            pages.AddRange(await Task.WhenAll(streams.Select(async (stream, number) =>
            {
                await stream.WriteAsync(
                    Encoding.ASCII.GetBytes($"GET /large?bytes={50_000 + number} HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"));
                return await ReadAsync(stream);
            })));
        });

        for (var number = 0; number < 3; number++)
        {
            Assert.Contains($"Content-Length: {50_000 + number}", pages[number], StringComparison.OrdinalIgnoreCase);
            Assert.InRange(pages[number].Length, 50_000, 51_000);
        }

        // At the server they are three, and the client sees none but the port and the addresses that it asked.
        var shop = lab.Segments.Where(static s => s.Packet.Segment == "shop" && s.IsSyn).Select(static s => s.SourcePort.Value).Distinct()
            .ToList();
        Assert.Equal(3, shop.Count);
        Assert.Contains((ushort)Same, shop);
        Assert.All(lab.Segments.Where(static s => s.Packet.To == "pc"), static s => Assert.Equal(Same, s.DestinationPort.Value));
        Assert.True(
            lab.Network.Time.GetUtcNow() - Portolan.Lab.Running.Time.LabClock.VirtualOrigin < TimeSpan.FromSeconds(5),
            "the path MTU was found by timeouts only");
    }

    [Fact]
    public async Task Errors_about_the_second_connection_come_to_its_own_client_socket()
    {
        await using var lab = TestLab.FromYaml(Shop);
        var errors = new List<SocketError>();
        lab.Run(async () =>
        {
            errors.AddRange(
                await Task.WhenAll(new[] { Gate(9090), Gate(9091), new IPEndPoint(IPAddress.Parse("198.18.2.99"), 80) }.Select(async way =>
            {
                try
                {
                    await ConnectAsync(lab, way);
                    return SocketError.Success;
                }
                catch (SocketException exception)
                {
                    return exception.SocketErrorCode;
                }
            })));
        });

        Assert.Equal([SocketError.HostUnreachable, SocketError.HostUnreachable, SocketError.HostUnreachable], errors);
    }

    [Fact]
    public async Task Datagrams_by_two_ways_are_answered_each_by_whom_they_asked()
    {
        await using var lab = TestLab.FromYaml(Shop);
        var answers = new List<string>();
        lab.Run(async () =>
        {
            using var client = lab["pc"].BindUdp(new IPEndPoint(IPAddress.Any, Same));
            var buffer = new byte[10];
            foreach (var way in new[] { Gate(7007), Web(7), Gate(7007) })
            {
                await client.SendAsync("x"u8.ToArray(), way);
                answers.Add((await client.ReceiveAsync(buffer)).RemoteEndPoint.ToString());
            }
        });

        Assert.Equal(["198.18.1.2:7007", "198.18.2.10:7", "198.18.1.2:7007"], answers);
    }

    [Fact]
    public async Task A_connection_that_is_quiet_for_hours_is_not_forgotten_by_the_router()
    {
        await using var lab = TestLab.FromYaml(Shop.Replace("80: http,", "80: { tarpit: 8h },", StringComparison.Ordinal));
        var read = 0;
        lab.Run(
            async () =>
            {
                // The server is the one that speaks after the silence: RFC 5382 section 5 (REQ-5), no less than 2 hours 4 minutes.
                await using var stream = await ConnectAsync(lab, Gate(8080));
                read = await stream.ReadAsync(new byte[1]);
            },
            TimeSpan.FromHours(9));

        Assert.Equal(1, read);
    }

    private static IPEndPoint Gate(int port) => new(IPAddress.Parse("198.18.1.2"), port);

    private static IPEndPoint Web(int port) => new(IPAddress.Parse("198.18.2.10"), port);

    private static Task<TcpStream> ConnectAsync(TestLab lab, IPEndPoint to) =>
        lab["pc"].ConnectTcpAsync(
            to, new IPEndPoint(IPAddress.Parse("198.18.0.10"), Same), reuseAddress: true, TestContext.Current.CancellationToken);

    private static async Task<string> ReadAsync(TcpStream stream)
    {
        await using (stream)
        {
            var page = new StringBuilder();
            var buffer = new byte[4096];
            int read;
            while ((read = await stream.ReadAsync(buffer)) > 0)
            {
                page.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }

            return page.ToString();
        }
    }
}
