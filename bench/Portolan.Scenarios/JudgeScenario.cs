using System.Diagnostics;
using System.Globalization;
using System.Text;
using Portolan.Firewall.Host;
using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;

namespace Portolan.Scenarios;

/// <summary>
/// Who can reach 100 ports through 10,000 rules and a set of 100,000 addresses: reading and judging apart, in one process, then the whole
/// program. No peer does this; what a peer can do is read, and that <c>nft list ruleset</c> does here. Needs root; the namespace is its
/// own.
/// </summary>
internal static class JudgeScenario
{
    private const int Rules = 10_000;
    private const int Elements = 100_000;
    private const int Ports = 100;
    private const int FirstPort = 2_000;

    // The same number of rules, about what packets come to or from: each way through the judge has one that is long.
    private static readonly string[] Shapes = ["ports", "senders", "outbound", "replies"];

    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        var csv = new StringBuilder("work,command,run,wall_ms,user_ms,system_ms,exit\n");
        var summary = new StringBuilder();
        foreach (var shape in Shapes.Where(options.Wants))
        {
            // A namespace of its own for each: rules and listeners go with it.
            using var host = new LabHost();
            using var outside = new LabHost();
            ConnectOutside(host, outside);
            if (shape == Shapes[0])
            {
                Program(host, options, csv, summary, "no rules");
            }

            host.Nft(Ruleset(shape));
            Judge(host, shape, options, csv, summary);
            Phases(host, shape, options, csv, summary);
            if (shape == Shapes[0])
            {
                Program(host, options, csv, summary, "10,000 rules and 100,000 elements");
            }
        }

        AllowedScenario.Run(options, csv, summary);
        options.Write("judge", csv, summary);
        return 0;
    }

    // Where ports count, each has a hundred rules of its own, for networks of senders; the rest of the rules are about other ports.
    private static string Ruleset(string shape)
    {
        var text = new StringBuilder("table inet bench {\n  set blocked { type ipv4_addr; flags interval; elements = {\n");
        for (var i = 0; i < Elements; i++)
        {
            // Every other address, so that no two of them are one interval.
            var address = 0xcb00_0000u + (uint)(i * 2);
            text.Append(CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255},\n");
        }

        var isIn = shape is "ports" or "senders";
        var other = isIn ? "saddr" : "daddr";
        text.Append(
            CultureInfo.InvariantCulture,
            $"}} }}\n  chain long {{ type filter hook {(isIn ? "input" : "output")} priority 0; policy drop;\n");
        text.Append(shape == "replies" ? "" : " ct state vmap { established : accept, related : accept, invalid : drop }\n");
        text.Append(CultureInfo.InvariantCulture, $" {(isIn ? "iifname" : "oifname")} lo accept\n ip {other} @blocked drop\n");
        for (var i = 0; i < Rules; i++)
        {
            var port = FirstPort + (i % Ports);
            var test = shape switch
            {
                "senders" => "",
                "replies" => $"tcp sport {port.ToString(CultureInfo.InvariantCulture)} ",
                _ => $"tcp dport {port.ToString(CultureInfo.InvariantCulture)} ",
            };
            text.Append(CultureInfo.InvariantCulture, $"ip {other} 10.{i / 256 % 256}.{i % 256}.0/24 {test}accept\n");
        }

        return text.Append("}\n}\n").ToString();
    }

    private static void Judge(LabHost host, string shape, Options options, StringBuilder csv, StringBuilder summary)
    {
        var works =
            new (string Name, List<double> Times)[] { ("read rules", []), ("read facts", []), ("judge 100 ports, IPv4 and IPv6", []) };
        var regions = 0;
        host.Run(() =>
        {
            for (var run = 0; run <= options.Runs; run++)
            {
                var start = Stopwatch.GetTimestamp();
                var rules = ReadRules();
                var afterRules = Stopwatch.GetTimestamp();
                var facts = ReadFacts();
                var afterFacts = Stopwatch.GetTimestamp();
                regions = JudgeAll(new FlowJudge(rules, facts), shape == "outbound");
                var end = Stopwatch.GetTimestamp();
                works[0].Times.Add(Stopwatch.GetElapsedTime(start, afterRules).TotalMilliseconds);
                works[1].Times.Add(Stopwatch.GetElapsedTime(afterRules, afterFacts).TotalMilliseconds);
                works[2].Times.Add(Stopwatch.GetElapsedTime(afterFacts, end).TotalMilliseconds);
            }
        });
        summary.AppendLine(
            CultureInfo.InvariantCulture,
            $"\n### In one process, {shape}: {Rules} rules, {Elements} elements, {Ports} ports; {regions} regions in all\n\n| work | first "
                + $"run ms (compiles) | later runs ms, median (min–max) |\n|---|---|---|");
        foreach (var (name, times) in works)
        {
            var later = times.Skip(1).Order().ToArray();
            summary.AppendLine(
                CultureInfo.InvariantCulture, $"| {name} | {times[0]:F1} | {later[later.Length / 2]:F1} ({later[0]:F1}–{later[^1]:F1}) |");
            for (var run = 0; run < times.Count; run++)
            {
                csv.AppendLine(CultureInfo.InvariantCulture, $"\"{shape}: {name}\",\"in process\",{run},{times[run]:F3},,,");
            }
        }
    }

    // The program that ships, as it tells its own times: everything is done for the first time, and nothing is compiled at run time.
    private static void Phases(LabHost host, string shape, Options options, StringBuilder csv, StringBuilder summary) => host.Run(() =>
    {
        using var listeners = new Listeners(FirstPort, Ports);
        var times = new SortedDictionary<string, List<double>>(StringComparer.Ordinal);
        for (var run = 0; run < options.Runs; run++)
        {
            foreach (var (work, milliseconds) in PhasesOf(options.Program))
            {
                if (!times.TryGetValue(work, out var list))
                {
                    times.Add(work, list = []);
                }

                list.Add(milliseconds);
                csv.AppendLine(CultureInfo.InvariantCulture, $"\"{shape}: {work}\",\"portolan --json\",{run},{milliseconds:F3},,,");
            }
        }

        summary.AppendLine(
            CultureInfo.InvariantCulture,
            $"\n### Phases of `portolan --json` with {Ports} listeners, {shape}\n\n| phase | ms, median (min–max) |\n|---|---|");
        foreach (var (work, list) in times)
        {
            list.Sort();
            summary.AppendLine(CultureInfo.InvariantCulture, $"| {work} | {list[list.Count / 2]:F1} ({list[0]:F1}–{list[^1]:F1}) |");
        }
    });

    private static IEnumerable<(string Work, double Milliseconds)> PhasesOf(string program)
    {
        var start = new ProcessStartInfo(program, "--json") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PORTOLAN_TIMES"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var lines = process.StandardError.ReadToEnd().Split('\n');
        output.GetAwaiter().GetResult();
        process.WaitForExit();
        foreach (var line in lines.Where(static line => line.StartsWith("time: ", StringComparison.Ordinal)))
        {
            // time: judge, 201 calls, 31.6 ms, 31.1 ms of processor, 64000 KiB allocated
            var parts = line["time: ".Length..].Split(", ");
            yield return (parts[0], double.Parse(parts[2].Split(' ')[0], CultureInfo.InvariantCulture));
        }
    }

    private static int JudgeAll(FlowJudge judge, bool isOutbound)
    {
        var regions = 0;
        for (var port = FirstPort; port < FirstPort + Ports; port++)
        {
            foreach (var isIPv4 in (bool[])[true, false])
            {
                var query = new FlowQuery
                {
                    Direction = isOutbound ? FlowDirection.Outbound : FlowDirection.Inbound,
                    IsIPv4 = isIPv4,
                    Protocol = 6,
                    DestinationPort = (ushort)port,
                    Destinations = isOutbound ? IntervalSet.All(isIPv4 ? 32 : 128) : null,
                };
                regions += judge.Judge(query, CancellationToken.None).Regions.Count;
            }
        }

        return regions;
    }

    private static Ruleset ReadRules()
    {
        using var channel = NetlinkSocket.Open(NetlinkFamily.Netfilter);
        return RulesetReader.Read(channel, CancellationToken.None).Require();
    }

    private static HostFacts ReadFacts()
    {
        using var channel = NetlinkSocket.Open(NetlinkFamily.Route);
        return HostFactsReader.Read(channel, "/proc", CancellationToken.None);
    }

    // The chart of a host with a hundred listeners, beside the peers that show a part of it.
    /// <summary>Gives a host the outside world that its rules are about: addresses of both families, and a default route.</summary>
    internal static void ConnectOutside(LabHost host, LabHost outside)
    {
        LabHost.Connect(outside, "c0", host, "eth0");
        host.Address("eth0", "198.18.0.2/15");
        host.Address("eth0", "2001:db8::2/64");
        host.Ip("route add default via 198.18.0.1");
    }

    private static void Program(LabHost host, Options options, StringBuilder csv, StringBuilder summary, string what) => host.Run(() =>
    {
        using var listeners = new Listeners(FirstPort, Ports);
        new Comparison($"the chart of {Ports} listeners, {what}", options.Runs, csv, summary).Run(
            new Contender("portolan --json", options.Program, "--json"),
            new Contender("ss -tlnp", "/usr/bin/ss", "-tlnp"),
            new Contender("nft list ruleset", "/usr/sbin/nft", "list", "ruleset"));
    });
}
