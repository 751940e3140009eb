using System.Net;
using System.Net.Security;
using System.Text;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;

namespace Portolan.Tests.Lab.Running;

/// <summary>Services on hosts of a lab, met by clients of the lab in virtual time.</summary>
public sealed class ServicesInLabTests
{
    [Fact]
    public async Task A_web_page_comes_over_http_and_https()
    {
        var topology = SmallLab.Topology(
            SmallLab.Tcp("80", new OpenPort(new ServiceSpec("http"))), SmallLab.Tcp("443", new OpenPort(new ServiceSpec("https"))));
        await using var lab = new VirtualNetwork(topology, new() { IsVirtualTime = true });
        string? plain = null, secret = null;
        lab.Run(
            async () =>
            {
                await using var stream = await lab.StackOf("pc").ConnectTcpAsync("server", 80);
                plain = await AskAsync(stream);
                await using var tls = new SslStream(
                    await lab.StackOf("pc").ConnectTcpAsync("server", 443), false,
                    static (_, certificate, _, _) => certificate!.Issuer.Contains("Portolan lab", StringComparison.Ordinal));
                await tls.AuthenticateAsClientAsync("server");
                secret = await AskAsync(tls);
            },
            TimeSpan.FromMinutes(1));

        Assert.StartsWith("HTTP/1.1 200 OK", plain, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 OK", secret, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_host_of_a_range_echoes_from_its_own_address()
    {
        await using var lab = new VirtualNetwork(
            SmallLab.Topology(SmallLab.Udp("7", new OpenPort(new ServiceSpec("echo")))), new() { IsVirtualTime = true });
        var from = new List<string>();
        lab.Run(
            async () =>
            {
                using var client = lab.StackOf("pc").BindUdp(new IPEndPoint(IPAddress.Any, 0));
                var buffer = new byte[100];
                foreach (var last in (int[])[100, 150, 199])
                {
                    await client.SendAsync("hello"u8.ToArray(), new IPEndPoint(IPAddress.Parse($"198.18.1.{last}"), 7));
                    var reply = await client.ReceiveAsync(buffer);
                    from.Add($"{reply.RemoteEndPoint.Address} {Encoding.ASCII.GetString(buffer, 0, reply.Length)}");
                }
            },
            TimeSpan.FromMinutes(1));

        Assert.Equal(["198.18.1.100 hello", "198.18.1.150 hello", "198.18.1.199 hello"], from);
    }

    private static async Task<string> AskAsync(Stream stream)
    {
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
