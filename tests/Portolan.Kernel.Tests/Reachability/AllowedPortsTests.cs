using System.Globalization;
using System.Text.RegularExpressions;
using Portolan.Firewall.Judging;
using Portolan.Kernel.Tests.Firewall;
using Portolan.Kernel.Tests.Firewall.Generation;
using Portolan.Kernel.Tests.Firewall.Judging;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Reachability.Allowing;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>What the firewall allows on every port at once is what the judge says of each port by itself.</summary>
public sealed partial class AllowedPortsTests(JudgeLab lab, ITestOutputHelper output) : IClassFixture<JudgeLab>
{
    private const int FirstSeed = 20_261_125;
    private const int Sample = 300;
    private const int SomePorts = 12;

    // All borders of each ruleset.
    private static readonly int MostPorts =
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PORTOLAN_LONG")) ? SomePorts : int.MaxValue;

    private static readonly PortBind[] Everywhere =
        [new(InternetAddress.AnyIPv4, false, 0), new(InternetAddress.AnyIPv6, false, 0)];

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private int _ports;
    private int _judged;

    [Theory]
    [MemberData(nameof(AllowedPortsRules.Names), MemberType = typeof(AllowedPortsRules))]
    public void Rules_that_ask_about_ports_in_any_way_are_answered_as_port_by_port(string name)
    {
        lab.Host.Nft("flush ruleset\n" + AllowedPortsRules.Of(name));
        Compare(name, AllowedPortsRules.Of(name), new Random(1), int.MaxValue);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_ports} ports compared, {_judged} judged"));
    }

    [Theory]
    [InlineData("iptables-nft-restore")]
    [InlineData("iptables-legacy-restore")]
    public void Rules_of_iptables_are_answered_as_port_by_port(string program)
    {
        Tool.Find(program);
        lab.Host.Nft("flush ruleset");
        lab.Host.Tool(program, AllowedPortsRules.Iptables);
        try
        {
            Compare(program, AllowedPortsRules.Iptables, new Random(1), int.MaxValue);
        }
        finally
        {
            lab.Host.Tool(program, AllowedPortsRules.NoIptables);
        }
    }

    [Fact]
    public void Generated_rulesets_are_answered_as_port_by_port()
    {
        var (count, first) = LongMode.Read(Sample, FirstSeed);
        var (loaded, refused) = (0, "");
        for (var seed = first; seed < first + count; seed++)
        {
            var dice = new Dice(seed);
            var (addresses, ports) = (new AddressPool(dice), new PortPool(dice));
            var text = dice.Percent(50)
                ? new RulesetGenerator(dice, addresses, ports).Make().Text
                : new PortRulesGenerator(dice).Make();
            var (_, error, exit) = lab.Host.Execute("/usr/sbin/nft", "flush ruleset\n" + text, "-f", "-");
            if (exit == 0)
            {
                loaded++;
                Compare($"seed {seed}", text, new Random(seed), MostPorts);
            }
            else
            {
                refused += error;
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{loaded} of {count} rulesets, {_ports} ports compared, {_judged} judged"));
        Assert.True(loaded >= count * 9 / 10, $"nft refuses {count - loaded} rulesets:\n{refused}");
    }

    private void Compare(string name, string text, Random random, int most)
    {
        var reading = lab.Host.Run(() => KernelFirewall.Read(_stop));
        Assert.True(NamespaceJudge.TryCreate(reading, static (rules, host) => new FlowJudge(rules, host).Judge, out var judge));
        using var time = new EvaluationBudget(null, TimeProvider.System, _stop);
        foreach (var protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            var allowed = AllowedPorts.Of(reading, protocol, static (rules, host) => new FlowJudge(rules, host).Judge, time);
            _judged += allowed.Judged;
            Assert.Equal(AllowedState.Known, allowed.State);
            AssertWhole(allowed, name);
            foreach (var port in Borders(text, allowed, random, most))
            {
                var (exposure, verdict) = PortSummary.Of(judge.Reach(Everywhere, protocol, new PortNumber(port), _stop));
                var range = allowed.Ranges.First(r => r.Ports.Contains(new PortNumber(port)));
                var (one, all) = (Text(exposure, verdict), Text(range.Exposure, range.Verdict));
                Assert.True(one == all, $"{name}: {protocol} {port}\n  one port: {one}\n  all:      {all} ({range.Ports})\n{text}");
                _ports++;
            }
        }
    }

    private static void AssertWhole(AllowedPorts allowed, string name)
    {
        var next = 1;
        foreach (var range in allowed.Ranges)
        {
            Assert.True(range.Ports.First.Value == next, $"{name}: a gap or an overlap at {next}: {range.Ports}");
            next = range.Ports.Last.Value + 1;
        }

        Assert.Equal(65_536, next);
        Assert.DoesNotContain(
            allowed.Ranges.Zip(allowed.Ranges.Skip(1)),
            static pair => Text(pair.First.Exposure, pair.First.Verdict) == Text(pair.Second.Exposure, pair.Second.Verdict)
                && pair.First.DependsOn.SequenceEqual(pair.Second.DependsOn));
    }

    // Every number in the rules that may be a port, with its neighbours; borders of the answer; some at random.
    private static List<ushort> Borders(string text, AllowedPorts allowed, Random random, int most)
    {
        var ports = new SortedSet<int>();
        foreach (Match match in Numbers().Matches(text))
        {
            if (int.TryParse(match.Value, CultureInfo.InvariantCulture, out var number))
            {
                ports.UnionWith([number - 1, number, number + 1]);
            }
        }

        foreach (var range in allowed.Ranges.Take(100))
        {
            ports.UnionWith([range.Ports.First.Value, range.Ports.Last.Value]);
        }

        ports.RemoveWhere(static port => port is < 1 or > ushort.MaxValue);
        var chosen = ports.Count <= most ? ports : ports.OrderBy(_ => random.Next()).Take(most);
        return chosen.Append(1).Append(ushort.MaxValue).Append(random.Next(1, 65_536)).Select(static port => (ushort)port).ToList();
    }

    private static string Text(PortExposure exposure, PortVerdict verdict) => string.Join(
        " | ", exposure, verdict.Decision, verdict.Proof, verdict.Rule, verdict.Summary, verdict.Limit, verdict.IsCut, verdict.PartlyHow,
        string.Join(',', verdict.From), string.Join(',', verdict.Partly), string.Join(',', verdict.Undecided),
        string.Join(',', verdict.Exceptions));

    [GeneratedRegex("(?<![0-9a-f.:])[0-9]{1,5}(?![0-9a-f.:])")]
    private static partial Regex Numbers();
}
