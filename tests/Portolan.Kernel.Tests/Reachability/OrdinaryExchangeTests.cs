using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Portolan.Firewall.Judging;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>What an ordinary exchange is said to send, counted of real ones.</summary>
public sealed partial class OrdinaryExchangeTests(ITestOutputHelper output)
{
    private const int Port = 8443;

    [Theory]
    [InlineData(null, 1)]
    [InlineData(null, 1000)]
    [InlineData(null, 14_000)]
    [InlineData(SslProtocols.Tls12, 1)]
    [InlineData(SslProtocols.Tls12, 14_000)]
    [InlineData(SslProtocols.Tls13, 1)]
    [InlineData(SslProtocols.Tls13, 14_000)]
    public async Task An_exchange_has_as_many_packets_of_each_kind_as_is_said(SslProtocols? tls, int reply)
    {
        using var pair = LabPair.Create();

        // One packet of a wire each, as limits count them where the card cannot cut segments.
        pair.Target.Ip("link set eth0 gso_max_segs 1");
        pair.Scanner.Ip("link set scan0 gso_max_segs 1");
        pair.Target.Nft(Counters());
        using var listener = pair.Target.Run(static () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, Port));
            socket.Listen(4);
            return socket;
        });
        using var client = pair.Scanner.OpenTcp(AddressFamily.InterNetwork);
        var stop = TestContext.Current.CancellationToken;
        var serving = Serve(listener, tls, reply, stop);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Parse("198.18.0.2"), Port), stop);
        await using (var stream = await Speak(client, tls, stop))
        {
            await stream.WriteAsync(new byte[300], stop);
            await stream.ReadExactlyAsync(new byte[reply], stop);
            Assert.Equal(0, await stream.ReadAsync(new byte[1], stop));
        }

        client.Shutdown(SocketShutdown.Both);
        await serving;

        // The last acknowledgment is on its way.
        Assert.True(SpinWait.SpinUntil(() => Read(pair, "server_close").Packets > 0, TimeSpan.FromSeconds(30)));
        foreach (var (side, isReply) in new[] { ("client", false), ("server", true) })
        {
            var all = (Packets: 0, Bytes: 0.0);
            foreach (var (part, name) in Kinds)
            {
                var (packets, bytes) = Read(pair, $"{side}_{name}");
                var range = OrdinaryExchange.Of(part, isReply, 6, isIPv4: true);
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{tls} {reply}: {side} {name} {packets} ({bytes} bytes), said {range.Fewest} to {range.Most}"));
                Assert.InRange(packets, range.Fewest, range.Most);
                all = part == ExchangePart.First ? all : (all.Packets + packets, all.Bytes + bytes);
            }

            var said = OrdinaryExchange.Of(ExchangePart.Later, isReply, 6, isIPv4: true);
            Assert.InRange(all.Packets, said.Fewest, said.Most);
            Assert.InRange(all.Bytes, said.FewestBytes, said.MostBytes);
        }
    }

    private static readonly (ExchangePart Part, string Name)[] Kinds =
    [
        (ExchangePart.First, "first"), (ExchangePart.Data, "data"), (ExchangePart.Acknowledgments, "ack"), (ExchangePart.Close, "close"),
    ];

    private static string Counters()
    {
        var sides = new[] { (Name: "client", Hook: "input", Port: "dport"), (Name: "server", Hook: "output", Port: "sport") };
        var text = string.Concat(sides.SelectMany(static s => Kinds.Select(k => $"counter {s.Name}_{k.Name} {{ }}\n")))
            + string.Concat(sides.Select(static s => $"set {s.Name}_fins {{ typeof tcp sequence; flags dynamic; size 16; }}\n"));

        // A busy machine acknowledges a FIN late, and it is sent again.
        foreach (var (name, hook, port) in sides)
        {
            text += $$"""
                chain {{hook}} { type filter hook {{hook}} priority 0;
                    tcp {{port}} != {{Port}} accept
                    tcp flags & syn == syn counter name {{name}}_first accept
                    tcp flags & fin == fin tcp sequence @{{name}}_fins accept
                    tcp flags & fin == fin add @{{name}}_fins { tcp sequence } counter name {{name}}_close accept
                    meta length 40-52 counter name {{name}}_ack accept
                    counter name {{name}}_data
                }

                """;
        }

        return $"table inet count {{\n{text}}}\n";
    }

    private static (int Packets, double Bytes) Read(LabPair pair, string counter)
    {
        var found = CounterValue().Match(pair.Target.Tool("nft", null, "list", "counter", "inet", "count", counter));
        return (int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture),
            double.Parse(found.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    private static async Task Serve(Socket listener, SslProtocols? tls, int reply, CancellationToken stop)
    {
        using var accepted = await listener.AcceptAsync(stop);
        Stream stream = new NetworkStream(accepted, ownsSocket: false);
        if (tls is { } version)
        {
            using var certificate = Certificate();
            var secured = new SslStream(stream);
            await secured.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = certificate, EnabledSslProtocols = version }, stop);
            stream = secured;
        }

        await using (stream)
        {
            await stream.ReadExactlyAsync(new byte[300], stop);
            await stream.WriteAsync(new byte[reply], stop);
        }

        accepted.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await accepted.ReceiveAsync(new byte[1], stop));
    }

    private static async Task<Stream> Speak(Socket client, SslProtocols? tls, CancellationToken stop)
    {
        Stream stream = new NetworkStream(client, ownsSocket: false);
        if (tls is not { } version)
        {
            return stream;
        }

        var secured = new SslStream(stream);
        await secured.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "lab",
                EnabledSslProtocols = version,
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=lab",
            },
            stop);
        return secured;
    }

    // As large as a chain of certificates is.
    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=lab", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        for (var i = 0; i < 150; i++)
        {
            names.AddDnsName(string.Create(CultureInfo.InvariantCulture, $"name-{i}.lab"));
        }

        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(80));
    }

    [GeneratedRegex(@"packets (\d+) bytes (\d+)")]
    private static partial Regex CounterValue();
}
