using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>
/// Packets get in, and replies do not reach the sender: marks, TTLs and other options of the socket, routes to lo. One sender is behind
/// three routers, one is on the link.
/// </summary>
public sealed class ExplainReplyTests : IDisposable
{
    private const string Far = "198.18.1.1";
    private const string Near = "198.18.4.1";
    private const string Server = "198.18.4.2";
    private const string Far6 = "2001:db8:1::1";
    private const string Server6 = "2001:db8:4::2";
    private const int DontRoute = 5;
    private const int Mark = 36;

    private readonly List<IDisposable> _held = [];

    private RouterLab Lab { get; } = RouterLab.Create();

    private LabHost Neighbour => Lab.Routers[^1];

    public void Dispose()
    {
        _held.ForEach(static h => h.Dispose());
        Lab.Dispose();
    }

    [Theory]
    [InlineData(1, "no router", "times-out")]
    [InlineData(3, "at most 2 routers", "times-out")]
    [InlineData(4, "at most 3 routers", "connects")]
    public void A_low_TTL_of_the_socket(int ttl, string far, string seen)
    {
        Serve(s => s.Ttl = (short)ttl);

        foreach (var target in (string[])["8080", "8080/udp"])
        {
            var explanation = Explain(target, "--from", Far);

            Assert.Equal(("depends", "socket", seen), (explanation.Verdict, explanation.Failed, See(target, Lab.Scanner)));
            Assert.Contains($"IP_TTL {ttl}: replies pass {far}", explanation.Steps, StringComparison.Ordinal);
            Assert.Equal(("reachable", "connects"), (Explain(target, "--from", Near).Verdict, See(target, Neighbour)));
            Assert.Equal("depends", Explain(target, "-4").Verdict);
        }
    }

    [Fact]
    public void A_low_hop_limit_of_the_socket()
    {
        Serve(static s => s.Ttl = 2, IPAddress.IPv6Any);

        Assert.Equal(("depends", "times-out"), (Explain("8080", "--from", Far6).Verdict, See("8080", Lab.Scanner, Server6)));
        Assert.Equal("reachable", Explain("8080", "--from", "2001:db8:4::1").Verdict);
    }

    [Fact]
    public void A_low_TTL_of_the_system()
    {
        Serve(static _ => { });
        Lab.Target.Setting("net/ipv4/ip_default_ttl", "1");

        var explanation = Explain("8080", "--from", Far);

        Assert.Equal(("depends", "socket", "times-out"), (explanation.Verdict, explanation.Failed, See("8080", Lab.Scanner)));
        Assert.Contains("a TTL of 1 (ip_default_ttl)", explanation.Headline, StringComparison.Ordinal);
        Assert.Equal(("reachable", "connects"), (Explain("8080", "--from", Near).Verdict, See("8080", Neighbour)));
        Assert.Contains("ip_default_ttl 1", LabConsole.Run(Lab.Target).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "nft 'table ip t { chain o { type filter hook postrouting priority 0; ip ttl set 1; }; }'", "unknown", "times-out")]
    [InlineData("iptables -t mangle -A POSTROUTING -p tcp --sport 8080 -j TTL --ttl-set 1", "unknown", "times-out")]
    [InlineData("iptables -t mangle -A POSTROUTING -p tcp --sport 8080 -j TTL --ttl-dec 63", "unknown", "times-out")]
    [InlineData("iptables -t mangle -A POSTROUTING -p tcp --sport 8080 -j TTL --ttl-set 64", "reachable", "connects")]
    [InlineData("iptables -t mangle -A PREROUTING -p tcp --dport 8080 -j TTL --ttl-set 1", "reachable", "connects")]
    [InlineData(
        "nft 'table ip t { chain o { type filter hook prerouting priority 0; ip ttl set 1; }; }'", "reachable", "connects")]
    public void A_TTL_that_rules_write(string rules, string verdict, string seen)
    {
        Serve(static _ => { });
        Lab.Target.Tool("bash", null, "-c", rules);

        Assert.Equal((verdict, seen), (Explain("8080", "--from", Far).Verdict, See("8080", Lab.Scanner)));
    }

    [Fact]
    public void Replies_that_take_no_gateway()
    {
        Serve(static s => s.SetRawSocketOption(1, DontRoute, [1, 0, 0, 0]));

        foreach (var target in (string[])["8080", "8080/udp"])
        {
            var explanation = Explain(target, "--from", Far);

            Assert.Equal(
                ("unreachable", "socket", "times-out", "times-out"),
                (explanation.Verdict, explanation.Failed, explanation.Symptom, See(target, Lab.Scanner)));
            Assert.Contains("SO_DONTROUTE", explanation.Headline, StringComparison.Ordinal);
            Assert.Equal(("reachable", "connects"), (Explain(target, "--from", Near).Verdict, See(target, Neighbour)));
            Assert.StartsWith("DEPENDS ON the sender", Explain(target, "-4").Headline, StringComparison.Ordinal);
        }

        using var document = JsonDocument.Parse(LabConsole.Run(Lab.Target, "--json").Output);
        var from = document.RootElement.GetProperty("ports").EnumerateArray().First(
            static r => r.GetProperty("port").GetInt32() == 8080).GetProperty("verdict").GetProperty("from").EnumerateArray().Select(
                static p => IPNetwork.Parse(p.GetString()!)).ToList();
        Assert.DoesNotContain(from, static p => p.Contains(IPAddress.Parse(Far)));
        Assert.Contains(from, static p => p.Contains(IPAddress.Parse(Near)));
    }

    [Theory]
    [InlineData("ip rule add fwmark 7 blackhole", "unreachable", "times-out")]
    [InlineData("ip rule add fwmark 8 blackhole", "reachable", "connects")]
    [InlineData(
        "nft 'table inet t { chain o { type filter hook output priority 0; meta mark 7 drop; }; }'", "unreachable", "times-out")]
    [InlineData("iptables -A OUTPUT -m mark --mark 7/7 -j DROP", "unreachable", "times-out")]
    [InlineData("iptables -P OUTPUT DROP; iptables -A OUTPUT -m mark --mark 7 -j ACCEPT", "reachable", "connects")]
    public void A_mark_of_the_socket(string rules, string verdict, string seen)
    {
        Serve(static s => s.SetRawSocketOption(1, Mark, [7, 0, 0, 0]));
        Lab.Target.Tool("bash", null, "-c", rules);

        foreach (var target in (string[])["8080", "8080/udp"])
        {
            Assert.Equal((verdict, seen), (Explain(target, "--from", Far).Verdict, See(target, Lab.Scanner)));
        }

        var chart = LabConsole.Run(Lab.Target).Output;
        Assert.Equal(
            verdict == "reachable" ? "REACHABLE" : "BLOCKED",
            ChartVerdictKernelTests.GroupOf(chart, "8080/tcp"));
    }

    [Fact]
    public void A_route_to_lo_takes_replies_away()
    {
        Serve(static _ => { });
        Lab.Target.Ip("route replace 198.18.1.0/24 dev lo");

        var explanation = Explain("8080", "--from", Far);

        Assert.Equal(("unreachable", "replies", "times-out"), (explanation.Verdict, explanation.Failed, See("8080", Lab.Scanner)));
        Assert.Contains("uses lo", explanation.Steps, StringComparison.Ordinal);
        Assert.Equal(("reachable", "connects"), (Explain("8080", "--from", Near).Verdict, See("8080", Neighbour)));
    }

    [Theory]
    [InlineData(Near, Server)]
    [InlineData("2001:db8:4::1", Server6)]
    public void A_link_whose_neighbours_do_not_find_this_host(string sender, string server)
    {
        Serve(static s => s.DualMode = true, IPAddress.IPv6Any);
        Lab.Target.Ip("link set dev w arp off");

        var explanation = Explain("8080", "--from", sender);

        Assert.Equal(("depends", "neighbours"), (explanation.Verdict, explanation.Failed));
        Assert.Contains("NOARP", explanation.Headline, StringComparison.Ordinal);
        Assert.NotEqual("connects", See("8080", Neighbour, server));
        Assert.Contains("w has ARP and neighbour discovery off", LabConsole.Run(Lab.Target).Output, StringComparison.Ordinal);
        LabConsole.Paste(Lab.Target, explanation);
        Neighbour.Ip("neigh flush all");
        Assert.Equal(("reachable", "connects"), (Explain("8080", "--from", sender).Verdict, See("8080", Neighbour, server)));
    }

    private LabExplanation Explain(params string[] words) => LabConsole.Explain(Lab.Target, words);

    private static string See(string target, LabHost client, string server = Server) =>
        target.EndsWith("/udp", StringComparison.Ordinal) ? Attempt.Ask(client, server, 8080) : Attempt.Connect(client, server, 8080);

    // A listener of TCP, and a socket of UDP that echoes.
    private void Serve(Action<Socket> prepare, IPAddress? address = null)
    {
        address ??= IPAddress.Any;
        _held.Add(Lab.Target.Run(() =>
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            prepare(socket);
            socket.Bind(new IPEndPoint(address, 8080));
            socket.Listen(64);
            return socket;
        }));
        var echo = Lab.Target.Run(() =>
        {
            var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            prepare(socket);
            socket.Bind(new IPEndPoint(address, 8080));
            return socket;
        });
        _held.Add(echo);
        _ = Echo(echo, address);
    }

    private static async Task Echo(Socket socket, IPAddress any)
    {
        var buffer = new byte[16];
        try
        {
            while (true)
            {
                var got = await socket.ReceiveFromAsync(buffer, new IPEndPoint(any, 0));
                try
                {
                    await socket.SendToAsync(buffer.AsMemory(0, got.ReceivedBytes), got.RemoteEndPoint);
                }
                catch (SocketException)
                {
                    // No route: the reply is lost.
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // The end of the test.
        }
        catch (SocketException)
        {
            // The end of the test, seen while it waited.
        }
    }
}
