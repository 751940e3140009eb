using System.Net;
using System.Net.Sockets;
using Portolan.Firewall.Connections;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;

namespace Portolan.Kernel.Tests.Reachability.Fixes;

/// <summary>
/// The hosts on which fixes are tried: clients with several addresses, a server with the rules, and a host behind it where published ports
/// end.
/// </summary>
internal sealed class FixLab : IDisposable
{
    /// <summary>So many cases have ports that are listened on.</summary>
    public const int AtOnce = 24;

    /// <summary>A SYN is sent again after a second only; what is not there by then does not come.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.6);

    private readonly LabPair _pair = LabPair.Create();
    private readonly LabHost _inside = new();

    public FixLab()
    {
        LabHost.Connect(_pair.Target, "in0", _inside, "eth0");
        _pair.Target.Address("in0", "192.0.2.1/24");
        _pair.Target.Address("in0", "2001:db8:2::1/64");
        _inside.Address("eth0", FixCase.Inside + "/24");
        _inside.Address("eth0", FixCase.InsideIPv6 + "/64");
        _inside.Ip("route add default via 192.0.2.1");
        _inside.Ip("-6 route add default via 2001:db8:2::1");
        _pair.Target.Setting("net/ipv4/ip_forward", "1");
        _pair.Target.Setting("net/ipv6/conf/all/forwarding", "1");
        foreach (var isIPv4 in (bool[])[true, false])
        {
            foreach (var sender in FixCase.SendersOf(isIPv4).Skip(1))
            {
                _pair.Scanner.Address("scan0", sender + (isIPv4 ? "/24" : "/64"));
            }
        }

        int[] ports = [.. Enumerable.Range(FixCase.FirstPort, AtOnce)];
        int[] targets = [.. ports.Select(FixCase.TargetPort)];
        Target.ListenTcp(ports);
        _inside.ListenTcp(targets);
        foreach (var (port, target) in ports.Zip(targets))
        {
            Target.EchoUdp(port);
            _inside.EchoUdp(target);
        }
    }

    /// <summary>The server.</summary>
    public LabHost Target => _pair.Target;

    /// <summary>Loads the rules of cases that may be loaded together.</summary>
    public void Load(IReadOnlyList<FixCase> cases)
    {
        if (cases[0].Rules == RuleKind.Nft)
        {
            Target.Nft(string.Concat(cases.Select(static c => c.Text)));
            return;
        }

        Target.Tool("ipset", string.Concat(cases.Select(static c => c.Sets)), "restore");
        var policy = cases[0].HasPolicyDrop ? "DROP" : "ACCEPT";
        foreach (var isIPv4 in (bool[])[true, false])
        {
            var lines = cases.Where(c => c.IsIPv4 == isIPv4)
                .SelectMany(static c => c.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToList();
            var icmp = isIPv4 ? "icmp" : "ipv6-icmp";
            var text = $$"""
                *nat
                {{Lines("nat")}}COMMIT
                *filter
                :INPUT {{policy}} [0:0]
                :FORWARD {{policy}} [0:0]
                -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
                -A INPUT -p {{icmp}} -j ACCEPT
                -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
                {{Lines("filter")}}COMMIT

                """;
            Target.Tool($"{(isIPv4 ? "iptables" : "ip6tables")}-{Variant(cases[0])}-restore", text);

            string Lines(
                string table) =>
                    string.Concat(
                        lines.Where(l => l.StartsWith(table + " ", StringComparison.Ordinal))
                            .OrderBy(static l => l.Contains(" :", StringComparison.Ordinal) ? 0 : 1).Select(
                                l => l[(table.Length + 1)..] + "\n"));
        }
    }

    /// <summary>Takes the rules away.</summary>
    public void Clear(IReadOnlyList<FixCase> cases)
    {
        if (cases[0].Rules == RuleKind.IptablesLegacy)
        {
            const string Nothing = "*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n";
            Target.Tool("iptables-legacy-restore", Nothing);
            Target.Tool("ip6tables-legacy-restore", Nothing);
        }

        Target.Nft("flush ruleset");

        // The next rules let in what belongs to a connection, and a port of a client may come again.
        Target.Run(static () =>
        {
            using var netfilter = NetlinkSocket.Open(NetlinkFamily.Netfilter);
            var tracker = new ConnectionTracker(netfilter);
            foreach (var connection in tracker.List(static _ => true, CancellationToken.None))
            {
                tracker.Forget(connection, CancellationToken.None);
            }
        });
        if (cases[0].Rules != RuleKind.Nft)
        {
            Target.Tool("ipset", null, "destroy");
        }
    }

    /// <summary>Who gets through to the port of each case, of the senders of both families.</summary>
    public async Task<List<HashSet<string>>> Reach(IReadOnlyList<FixCase> cases)
    {
        var tries = await Task.WhenAll(
            cases.SelectMany(
                c => FixCase.SendersOf(true).Concat(FixCase.SendersOf(false)).Select(
                    async s => (c.Port, Sender: s, Works: await Tries(c, s)))));
        return [.. cases.Select(
            c => tries.Where(t => t.Port == c.Port && t.Works).Select(static t => t.Sender).ToHashSet(StringComparer.Ordinal))];
    }

    private static string Variant(FixCase any) => any.Rules == RuleKind.IptablesNft ? "nft" : "legacy";

    private async Task<bool> Tries(FixCase rules, string sender)
    {
        var own = IPAddress.Parse(sender);
        var server =
            new IPEndPoint(IPAddress.Parse(own.AddressFamily == AddressFamily.InterNetwork ? "198.18.0.2" : "2001:db8::2"), rules.Port);
        var (kind, protocol) = rules.IsUdp ? (SocketType.Dgram, ProtocolType.Udp) : (SocketType.Stream, ProtocolType.Tcp);
        using var socket = _pair.Scanner.Run(() => new Socket(own.AddressFamily, kind, protocol));
        socket.Bind(new IPEndPoint(own, 0));
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            if (!rules.IsUdp)
            {
                socket.LingerState = new LingerOption(true, 0);
            }

            await socket.ConnectAsync(server, patience.Token);
            return !rules.IsUdp
                || (await socket.SendAsync(new byte[1], patience.Token) == 1
                    && await socket.ReceiveAsync(new byte[1], patience.Token) == 1);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _pair.Dispose();
        _inside.Dispose();
    }
}
