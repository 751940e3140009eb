using System.Globalization;
using Portolan.Firewall.Host;
using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules.Reading;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall.Judging;

/// <summary>A host with three cables whose rules nft loads and the judge reads from the kernel.</summary>
public sealed class JudgeLab : IDisposable
{
    private readonly LabHost _host = new();
    private readonly LabHost _other = new();

    public JudgeLab()
    {
        LabHost.Connect(_other, "c0", _host, "eth0");
        LabHost.Connect(_other, "c1", _host, "eth1");
        LabHost.Connect(_other, "b0", _host, "docker0");
        _host.Setting("net/ipv4/ip_forward", "1");
        foreach (var name in (string[])["eth0", "eth1", "docker0"])
        {
            _host.Setting($"net/ipv4/conf/{name}/rp_filter", "0");
            _host.Setting($"net/ipv6/conf/{name}/addr_gen_mode", "1");
        }

        _host.Setting("net/ipv4/conf/all/rp_filter", "0");
        _host.Address("eth0", "198.18.0.2/24");
        _host.Address("eth0", "2001:db8::2/64");
        _host.Address("eth1", "198.18.1.2/24");
        _host.Address("docker0", "198.18.2.1/24");
        _host.Ip("link set lo up");
        _host.Ip("route add default via 198.18.0.1");
        _host.Ip("-6 route add default via 2001:db8::1");
        FirstInterface = ReadFacts().Interfaces.First(static i => i.Name == "eth0").Index;
    }

    /// <summary>Index of eth0.</summary>
    public int FirstInterface { get; }

    internal LabHost Host => _host;

    /// <summary>A judge over rules in nft's words.</summary>
    public FlowJudge Judge(string rules)
    {
        _host.Nft("flush ruleset\n" + rules);
        return JudgeLoaded();
    }

    /// <summary>A judge over the rules that are loaded.</summary>
    public FlowJudge JudgeLoaded() => _host.Run(() =>
        {
            using var netfilter = NetlinkSocket.Open(NetlinkFamily.Netfilter);
            var reading = RulesetReader.Read(netfilter, TestContext.Current.CancellationToken);
            return new FlowJudge(reading.Ruleset!, ReadFacts());
        });

    private HostFacts ReadFacts() => _host.Run(() =>
    {
        using var route = NetlinkSocket.Open(NetlinkFamily.Route);
        return HostFactsReader.Read(
            route, "/proc", TestContext.Current.CancellationToken) with
        { Clock = Portolan.Linux.KernelClock.Read() };
    });

    /// <summary>The fate of new connections to a port, in words: <c>accept from …</c>, one line for each region.</summary>
    public string Tcp(string rules, ushort port, string? sources = null, bool isIPv4 = true) =>
        Words(Judge(rules), Query(port, sources, isIPv4));

    public FlowQuery Query(ushort port, string? sources = null, bool isIPv4 = true, byte protocol = 6) => new()
    {
        Direction = FlowDirection.Inbound,
        IsIPv4 = isIPv4,
        Protocol = protocol,
        DestinationPort = port,
        Destinations = IntervalSet.Of(InternetAddressOf(isIPv4 ? "198.18.0.2" : "2001:db8::2")),
        Interfaces = [FirstInterface],
        Sources = sources is null ? null : IntervalSet.Of(InternetAddressOf(sources)),
        WithReplies = false,
    };

    public static UInt128 InternetAddressOf(string text)
    {
        Assert.True(InternetAddress.TryParse(text, out var address));
        return address.Number;
    }

    public static string Words(FlowJudge judge, FlowQuery query)
    {
        var answer = judge.Judge(query, TestContext.Current.CancellationToken);
        return string.Join("\n", answer.Regions.Select(r => Words(r, query.IsIPv4)).Order(StringComparer.Ordinal));
    }

    public static string Words(FlowRegion region, bool isIPv4)
    {
        var outcome = region.Outcome;
        var words = new List<string> { outcome.Decision.ToString().ToLowerInvariant() };
        if (outcome.Limit is not null)
        {
            words.Add("limited");
        }

        if (outcome.Delivery == DeliveryKind.Forwarded)
        {
            words.Add("forwarded");
        }

        if (outcome.Translation is { } translation)
        {
            words.Add($"to {translation.Address}:{translation.Port}");
        }

        var all = IntervalSet.All(isIPv4 ? 32 : 128);
        words.Add("from " + (region.Packets.Sources.Count > 3 ? "others" : SourceText.Of(region.Packets.Sources, all, isIPv4, 4)));
        if (region.Packets.SourcePorts.Intervals is [var ports] && ports != new Interval(1, 65535))
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"sport {ports.First}-{ports.Last}"));
        }

        words.AddRange(region.Packets.Conditions);
        if (outcome.Decider is { } decider)
        {
            words.Add(decider.Rule is null ? $"by policy of {decider.Chain.Name}" : $"by {decider.Chain.Name}");
        }

        words.AddRange(outcome.Questions.Select(q => $"({q.Why})"));
        if (outcome.RouteProblem is { } problem)
        {
            words.Add($"({problem.ToText()})");
        }

        return string.Join(" ", words);
    }

    public void Dispose()
    {
        _host.Dispose();
        _other.Dispose();
    }
}
