using System.Globalization;
using Portolan.Firewall.Judging;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;
using Portolan.Tests.Firewall.Judging;
using Portolan.Tests.Reachability.Allowing;
using Portolan.Tests.Support;

namespace Portolan.Tests.Reachability.Charting;

/// <summary>Rows of ports that rules do not tell apart are judged together. Each has the verdict that it would have alone.</summary>
public sealed class ManyRowsTests
{
    // An address of the host's, one that is not its own, and both families.
    private static readonly string[] Addresses = ["0.0.0.0", "[::]", "198.18.0.2", "203.0.113.9", "127.0.0.1"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Trait("Quick", "no")]
    [Fact]
    public void Each_of_many_rows_has_the_verdict_and_the_notes_of_a_row_that_is_judged_alone() => Fuzz.Run(100, (random, seed) =>
    {
        var facts = Host(PortBytecode.Ports.SelectMany(static port => (int[])[port - 1, port, port + 1]).Concat(
            Enumerable.Range(0, 60).Select(_ => random.Next(1, 65_536))).Where(static port => port is > 0 and < 65_536).Distinct(), random);
        var chart = PortChart.Build(facts);
        var reading = new FirewallReading(PortBytecode.Rules(random), JudgedHost.Make());

        var together = Judged(facts, reading, chart);

        foreach (var row in chart.Rows)
        {
            var alone = Judged(facts, reading, chart with { Rows = [row] });
            Assert.Equal($"{seed} {Text(alone, row)}", $"{seed} {Text(together, row)}");
        }
    });

    [Fact]
    public void Ports_that_rules_do_not_tell_apart_cost_one_judgement_for_each_family_and_bind()
    {
        var facts = Host(Enumerable.Range(1, 3000), null);
        var asked = 0;
        var chart = new ReachChart(
            facts, static _ => new FirewallReading(PortBytecode.SetOf([80, 443, 2000]), JudgedHost.Make()), (rules, host) =>
            {
                var judge = new FlowJudge(rules, host);
                return (query, token) =>
                {
                    asked++;
                    return judge.Judge(query, token);
                };
            }).Judge(PortChart.Build(facts), Token);

        Assert.Equal(2, asked);
        Assert.Equal([80, 443, 2000], chart.In(ChartGroup.Reachable).Select(static r => (int)r.Port.Value));
        Assert.Equal(2997, chart.In(ChartGroup.Blocked).Count());
    }

    private static ChartModel Judged(MachineFacts facts, FirewallReading reading, ChartModel chart) =>
        new ReachChart(facts, _ => reading, static (rules, host) => new FlowJudge(rules, host).Judge).Judge(chart, Token);

    private static MachineFacts Host(IEnumerable<int> ports, Random? random)
    {
        var machine = new MachineBuilder().Process(7, "server");
        foreach (var port in ports)
        {
            var address = random is null ? Addresses[0] : Addresses[random.Next(Addresses.Length)];
            machine.Listen(string.Create(CultureInfo.InvariantCulture, $"{address}:{port}"), 7);
            if (random?.Next(4) == 0 && address != Addresses[1])
            {
                machine.Listen(string.Create(CultureInfo.InvariantCulture, $"[2001:db8::1]:{port}"), 7);
            }
        }

        return machine.Facts;
    }

    private static string Text(ChartModel chart, ChartRow row)
    {
        var found = chart.Rows.First(r => r.Port == row.Port && r.Protocol == row.Protocol && r.Binds.SequenceEqual(row.Binds));
        var verdict = found.Verdict;
        return string.Join(
            " | ", row.Port.Value, found.Exposure, verdict.Decision, verdict.Proof, verdict.Rule, verdict.Summary, verdict.Limit,
            verdict.PartlyHow, string.Join(',', verdict.From), string.Join(',', verdict.Partly), string.Join(',', verdict.Undecided),
            string.Join(',', verdict.Exceptions), string.Join('\n', found.Notes));
    }
}
