using System.Diagnostics;
using System.Globalization;
using System.Text;
using Portolan.Firewall.Judging;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Reachability.Allowing;
using Portolan.Reachability.Judging;

namespace Portolan.Scenarios;

/// <summary>
/// What the firewall allows on each of 65,535 ports, with 10,000 rules that tell ports apart: time, memory, and how many judgements
/// that took. No peer answers this. Needs root; the namespaces are its own.
/// </summary>
internal static class AllowedScenario
{
    private const int Rules = 10_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private static readonly (string Name, Func<string> Text)[] Shapes =
    [
        ("no rules", static () => ""),
        ("a rule for each of 10,000 ports", static () => Inet(Lines(static i => $"tcp dport {Port(i)} accept"))),
        ("a rule for each of 10,000 ports and its network",
            static () => Inet(Lines(static i => $"ip saddr 10.{i / 256}.{i % 256}.0/24 tcp dport {Port(i)} accept"))),
        ("100 rules for the networks of each of 100 ports",
            static () => Inet(Lines(static i => $"ip saddr 10.{i / 256}.{i % 256}.0/24 tcp dport {2000 + (i % 100)} accept"))),
        ("a set of 10,000 ports", static () =>
            Inet($"tcp dport @open accept\n", $"set open {{ type inet_service; elements = {{ {Elements(Port)} }} }}")),
        ("a set of 10,000 networks with ports", static () =>
            Inet(
                $"ip saddr . tcp dport @open accept\n",
                $"set open {{ type ipv4_addr . inet_service; flags interval; elements = {{ {Elements(NetworkWithPort)} }} }}")),
        ("a rule for each of 10,000 ranges", static () => Inet(Lines(static i => $"tcp dport {1 + (i * 6)}-{3 + (i * 6)} accept"))),
        ("ufw-like chains for 5,000 ports", static () => Ufw("ip") + Ufw("ip6")),
    ];

    public static void Run(Options options, StringBuilder csv, StringBuilder summary)
    {
        if (!options.Wants("allowed"))
        {
            return;
        }

        summary.AppendLine(
            """

            ### What the firewall allows on each of 65,535 ports, in one process

            TCP and UDP together; the first run compiles. MiB are those of the last run: allocated in all, and kept by the answer.

            | rules | first run ms | later runs ms, median (min–max) | judgements | ranges | MiB allocated | MiB kept |
            |---|---|---|---|---|---|---|
            """);
        foreach (var (name, text) in Shapes)
        {
            using var host = new LabHost();
            using var outside = new LabHost();
            JudgeScenario.ConnectOutside(host, outside);
            host.Nft(text());
            Measure(host, name, options.Runs, csv, summary);
        }
    }

    private static void Measure(LabHost host, string name, int runs, StringBuilder csv, StringBuilder summary)
    {
        FirewallReading? reading = null;
        host.Run(() => reading = KernelFirewall.Read(CancellationToken.None));
        var times = new List<double>();
        var (kept, allocated) = (0L, 0L);
        AllowedPorts[] answers = [];
        for (var run = 0; run <= runs; run++)
        {
            answers = [];
            var heap = GC.GetTotalMemory(forceFullCollection: true);
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var start = Stopwatch.GetTimestamp();
            answers = Judge(reading!);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            kept = GC.GetTotalMemory(forceFullCollection: true) - heap;
            csv.AppendLine(CultureInfo.InvariantCulture, $"\"allowed: {name}\",\"in process\",{run},{times[run]:F3},,,");
        }

        var later = times.Skip(1).Order().ToArray();
        summary.Append(
            CultureInfo.InvariantCulture,
            $"| {name} | {times[0]:F0} | {later[later.Length / 2]:F0} ({later[0]:F0}–{later[^1]:F0}) ");
        summary.Append(CultureInfo.InvariantCulture, $"| {Each(answers, static a => a.Judged)} ");
        summary.AppendLine(
            CultureInfo.InvariantCulture,
            $"| {Each(answers, static a => a.Ranges.Count)} | {allocated / 1048576.0:F1} | {kept / 1048576.0:F1} |");
    }

    private static AllowedPorts[] Judge(FirewallReading reading)
    {
        using var time = new EvaluationBudget(Limit, TimeProvider.System, CancellationToken.None);
        return
        [
            .. ((TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp]).Select(
                protocol => AllowedPorts.Of(reading, protocol, static (rules, facts) => new FlowJudge(rules, facts).Judge, time)),
        ];
    }

    private static string Each(AllowedPorts[] answers, Func<AllowedPorts, int> count) =>
        string.Join(" + ", answers.Select(answer => count(answer).ToString(CultureInfo.InvariantCulture)));

    private static int Port(int rule) => 1 + (rule * 6);

    private static string NetworkWithPort(int rule) => $"10.{rule / 256}.{rule % 256}.0/24 . {Port(rule)}";

    private static string Lines(Func<int, string> line) => string.Concat(Enumerable.Range(0, Rules).Select(i => line(i) + "\n"));

    private static string Elements<T>(Func<int, T> element) => string.Join(',', Enumerable.Range(0, Rules).Select(element));

    private static string Inet(string rules, string set = "") =>
        $$"""
        table inet bench {
        {{set}}
        chain input { type filter hook input priority 0; policy drop;
        ct state vmap { established : accept, related : accept, invalid : drop }
        iifname lo accept
        {{rules}}}
        }

        """;

    private static string Ufw(string family)
    {
        var text = new StringBuilder($"table {family} filter {{\nchain ufw-user-input {{\n");
        for (var i = 0; i < Rules / 2; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"tcp dport {Port(i)} counter accept\nudp dport {Port(i)} counter accept\n");
        }

        return text.Append(
            """
            }
            chain ufw-before-input {
            iifname lo counter accept
            ct state related,established counter accept
            ct state invalid counter drop
            counter jump ufw-user-input
            }
            chain INPUT { type filter hook input priority 0; policy drop; counter jump ufw-before-input; }
            }

            """).ToString();
    }
}
