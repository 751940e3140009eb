using System.Net;
using System.Net.Sockets;
using Portolan.Firewall.Host;
using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules.Reading;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;

namespace Portolan.Kernel.Tests.Firewall;

/// <summary>The judge against connections as programs make them: what a person would see.</summary>
public sealed class RealConnectTests
{
    /// <summary>An ICMPv6 error is acted on only when the SYN is sent again, which is after a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2.5);

    private const string Rules = """
        table inet t {
            chain in {
                type filter hook input priority 0; policy drop;
                ct state established,related accept
                icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
                tcp dport 443 reject with tcp reset
                tcp dport 5432 reject
                tcp dport 8080 reject with icmpx type host-unreachable
                tcp dport 8081 reject with icmpx type admin-prohibited
                ip saddr 198.18.0.0/24 tcp dport { 80, 81 } accept
                ip6 saddr 2001:db8::/64 tcp dport { 80, 81 } accept
            }
        }
        """;

    [Fact]
    public async Task Connections_end_as_the_judge_says()
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(22, 80, 443, 5432, 8080, 8081);
        pair.Target.Nft(Rules);
        var judge = pair.Target.Run(() =>
        {
            using var rules = NetlinkSocket.Open(NetlinkFamily.Netfilter);
            using var facts = NetlinkSocket.Open(NetlinkFamily.Route);
            return new FlowJudge(
                RulesetReader.Read(rules, CancellationToken.None).Require(), HostFactsReader.Read(facts, "/proc", CancellationToken.None));
        });
        (ushort Port, FlowDecision Decision, SocketError[] Errors)[] expected =
        [
            (80, FlowDecision.Accept, [SocketError.Success]),
            (81, FlowDecision.Accept, [SocketError.ConnectionRefused]), // nobody listens
            (22, FlowDecision.Drop, [SocketError.TimedOut]),
            (443, FlowDecision.Reject, [SocketError.ConnectionRefused]),
            (5432, FlowDecision.Reject, [SocketError.ConnectionRefused]),
            (8080, FlowDecision.Reject, [SocketError.HostUnreachable]),
            (8081, FlowDecision.Reject, [SocketError.HostUnreachable, SocketError.AccessDenied]),
        ];
        var attempts = expected.SelectMany(
            e => (string[])["198.18.0.2", "2001:db8::2"], (e, address) => (Case: e, Address: IPAddress.Parse(address))).ToArray();
        var ends = await Task.WhenAll(attempts.Select(a => Connect(pair.Scanner, a.Address, a.Case.Port)));
        for (var i = 0; i < attempts.Length; i++)
        {
            var (wanted, address) = attempts[i];
            Assert.True(wanted.Errors.Contains(ends[i]), $"{address}:{wanted.Port}: {ends[i]}");
            var isIPv4 = address.AddressFamily == AddressFamily.InterNetwork;
            var source = Model.InternetAddress.From(IPAddress.Parse(isIPv4 ? "198.18.0.1" : "2001:db8::1"));
            var answer = judge.Judge(
                new FlowQuery
                {
                    Direction = FlowDirection.Inbound,
                    IsIPv4 = isIPv4,
                    Protocol = 6,
                    DestinationPort = wanted.Port,
                    Sources = IntervalSet.Of(source.Number),
                },
                TestContext.Current.CancellationToken);
            Assert.All(answer.Regions, r => Assert.Equal((wanted.Decision, FlowProof.Proved), (r.Outcome.Decision, r.Outcome.Proof)));
            Assert.NotEmpty(answer.Regions);
        }
    }

    private static async Task<SocketError> Connect(LabHost from, IPAddress address, int port)
    {
        using var socket = from.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), patience.Token);
            return SocketError.Success;
        }
        catch (OperationCanceledException)
        {
            return SocketError.TimedOut;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    }
}
