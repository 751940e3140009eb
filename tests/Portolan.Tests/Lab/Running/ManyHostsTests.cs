using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Text;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Tests.Lab.Running;

/// <summary>A thousand hosts, each with a web server, some with TLS and some with names, asked by many clients at once.</summary>
[Trait("Quick", "no")]
public sealed class ManyHostsTests
{
    private const int Hosts = 1000;
    private const int Clients = 20;
    private const int Loops = 10;
    private const int TlsEvery = 20;
    private const int NamesEvery = 10;

    private static readonly TimeSpan Load = TimeSpan.FromSeconds(0.5);

    [Fact]
    public async Task A_thousand_hosts_answer_many_clients_rightly_and_are_idle_afterwards()
    {
        await using var lab = new VirtualNetwork(Topology(), new VirtualNetworkOptions { IsVirtualTime = true });
        var wrong = new List<string>();
        var met = new HashSet<int>();
        var asked = new int[3];
        for (var round = 0; round < 2; round++)
        {
            lab.Run(
                () => Task.WhenAll(Enumerable.Range(0, Clients * Loops).Select(n => AskAsync(lab, n, asked, met, wrong))),
                TimeSpan.FromMinutes(5));

            // TIME-WAIT passes.
            lab.Run(TimeSpan.FromMinutes(3));
        }

        Assert.Empty(wrong);
        Assert.All(asked, static count => Assert.True(count > 100, $"only {count} of a kind were asked"));
        Assert.Equal(Hosts, met.Count);
        foreach (var name in Enumerable.Range(0, Hosts).Select(static n => $"host{n}").Concat(
            Enumerable.Range(0, Clients).Select(static n => $"pc{n}")))
        {
            var stack = lab.StackOf(name);
            Assert.All(stack.GetSockets(), s => Assert.True(s.State is TcpState.Listen or null, $"{name} has {s}"));
            Assert.Equal(0, stack.Layers.Pool.InUse);
            Assert.InRange(stack.Layers.Pool.MemoryUsed, 0, 128 << 10);
        }
    }

    private static async Task AskAsync(VirtualNetwork lab, int number, int[] asked, HashSet<int> met, List<string> wrong)
    {
        var stack = lab.StackOf($"pc{number % Clients}");
        var end = lab.Time.GetUtcNow() + Load;
        for (var step = 0; lab.Time.GetUtcNow() < end; step++)
        {
            var (kind, host) = (KindOf(number + step), ((number * 5) + step) % Hosts);
            host -= kind == 1 ? host % TlsEvery : kind == 2 ? host % NamesEvery : 0;
            try
            {
                var answer = kind switch
                {
                    0 => await ReadPageAsync(stack, host, isSecret: false),
                    1 => await ReadPageAsync(stack, host, isSecret: true),
                    _ => await LookUpAsync(lab, stack, host),
                };
                if (answer is not null)
                {
                    wrong.Add($"host{host}: {answer}");
                }

                met.Add(host);
                asked[kind]++;
            }
            catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException or OperationCanceledException)
            {
                wrong.Add($"host{host}: {exception.Message}");
            }
        }
    }

    // TLS costs a millisecond of the processor each time: one of twenty.
    private static int KindOf(int number) => (number % 20) switch
    {
        0 => 1,
        < 8 => 2,
        _ => 0,
    };

    private static async Task<string?> ReadPageAsync(NetworkStack stack, int host, bool isSecret)
    {
        await using var stream = await stack.ConnectTcpAsync(new IPEndPoint(AddressOf(host), isSecret ? 443 : 80), null);
        await using var tls = isSecret
            ? new SslStream(
                stream, true, static (_, certificate, _, _) => certificate!.Issuer.Contains("Portolan lab", StringComparison.Ordinal))
            : null;
        if (tls is not null)
        {
            await tls.AuthenticateAsClientAsync($"host{host}");
        }

        Stream talk = tls is null ? stream : tls;
        await talk.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: host{host}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(talk, leaveOpen: true);
        var text = await reader.ReadToEndAsync();
        return text.StartsWith("HTTP/1.1 200 OK\r\n", StringComparison.Ordinal)
            && text.Contains($"<h1>host{host}</h1>", StringComparison.Ordinal)
            && text.Contains($"<p>client {stream.LocalEndPoint}</p>", StringComparison.Ordinal) ? null : text;
    }

    private static async Task<string?> LookUpAsync(VirtualNetwork lab, NetworkStack stack, int host)
    {
        using var socket = stack.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        var query = new byte[512];
        DnsWriter.TryWriteQuery(
            query, (ushort)host, $"host{host}.{lab.Directory.Domain}", DnsType.A, out var length, DnsFlags.None, edns: false);
        await socket.SendAsync(query.AsMemory(0, length), new IPEndPoint(AddressOf(host), 53));
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(5), lab.Time);
        var room = new byte[512];
        var received = await socket.ReceiveAsync(room, late.Token);
        return DnsMessage.TryRead(room.AsSpan(0, received.Length), out var message) && message.ResponseCode == DnsResponseCode.NoError
            && room.AsSpan(0, received.Length).EndsWith(AddressOf(host).GetAddressBytes())
            ? null
            : $"{message.ResponseCode} {Convert.ToHexString(room.AsSpan(0, received.Length))}";
    }

    private static IPAddress AddressOf(int host) =>
        IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"198.18.{4 + (host / 250)}.{1 + (host % 250)}"));

    private static LabTopology Topology() => new()
    {
        Name = "many",
        Networks =
        [
            new NetworkSpec { Name = "clients", Ipv4 = SmallLab.Prefix("198.18.0.0/24") },
            new NetworkSpec
            {
                Name = "servers",
                Ipv4 = SmallLab.Prefix("198.18.4.0/22"),
                Quality = LinkQuality.Perfect with { Latency = TimeSpan.FromMilliseconds(5) },
            },
        ],
        Routers = [new RouterSpec
        {
            Name = "router",
            Ports = [
                new RouterPort("clients", SmallLab.Address("198.18.0.1"), null),
                new RouterPort("servers", SmallLab.Address("198.18.7.254"), null)],
        }],
        Hosts =
        [
            .. Enumerable.Range(0, Clients).Select(static n => SmallLab.Host($"pc{n}", "clients", $"198.18.0.{10 + n}")),
            .. Enumerable.Range(0, Hosts).Select(
                static n => SmallLab.Host($"host{n}", "servers", $"{AddressOf(n)}") with { Ports = [.. PortsOf(n)] }),
        ],
    };

    private static IEnumerable<PortRule> PortsOf(int host)
    {
        yield return SmallLab.Tcp("80", new OpenPort(new ServiceSpec("http")));
        if (host % TlsEvery == 0)
        {
            yield return SmallLab.Tcp("443", new OpenPort(new ServiceSpec("https")));
        }

        if (host % NamesEvery == 0)
        {
            yield return SmallLab.Udp("53", new OpenPort(new ServiceSpec("dns")));
            yield return SmallLab.Tcp("53", new OpenPort(new ServiceSpec("dns")));
        }
    }
}
