using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;

namespace Portolan.Scenarios;

/// <summary>
/// Who can reach 100 ports through 10,000 rules and a set of 100,000 addresses: reading and judging apart, in one process, then the whole program. No peer does
/// this; what a peer can do is read, and that <c>nft list ruleset</c> does here. Needs root; the namespace is its own.
/// </summary>
internal static class JudgeScenario
{
    private const int Rules = 10_000;
    private const int Elements = 100_000;
    private const int Ports = 100;
    private const int FirstPort = 2_000;

    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        var csv = new StringBuilder("work,command,run,wall_ms,user_ms,system_ms,exit\n");
        var summary = new StringBuilder();
        using var host = new LabHost();
        using var outside = new LabHost();
        LabHost.Connect(outside, "c0", host, "eth0");
        host.Address("eth0", "198.18.0.2/15");
        host.Address("eth0", "2001:db8::2/64");
        Program(host, options, csv, summary, "no rules");
        host.Nft(Ruleset());
        Judge(host, options, csv, summary);
        Program(host, options, csv, summary, "10,000 rules and 100,000 elements");
        options.Write("judge", csv, summary);
        return 0;
    }

    // Each port has a hundred rules of its own, for networks of senders; the rest of the rules are about other ports.
    private static string Ruleset()
    {
        var text = new StringBuilder("table inet bench {\n  set blocked { type ipv4_addr; flags interval; elements = {\n");
        for (var i = 0; i < Elements; i++)
        {
            // Every other address, so that no two of them are one interval.
            var address = 0xcb00_0000u + (uint)(i * 2);
            text.Append(CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255},\n");
        }

        text.Append("} }\n  chain in { type filter hook input priority 0; policy drop;\n ct state vmap { established : accept, related : accept, invalid : drop }\n iifname lo accept\n ip saddr @blocked drop\n");
        for (var i = 0; i < Rules; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"ip saddr 10.{i / 256 % 256}.{i % 256}.0/24 tcp dport {FirstPort + (i % Ports)} accept\n");
        }

        return text.Append("}\n}\n").ToString();
    }

    private static void Judge(LabHost host, Options options, StringBuilder csv, StringBuilder summary)
    {
        var works = new (string Name, List<double> Times)[] { ("read rules", []), ("read facts", []), ("judge 100 ports, IPv4 and IPv6", []) };
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
                regions = JudgeAll(new FlowJudge(rules, facts));
                var end = Stopwatch.GetTimestamp();
                works[0].Times.Add(Stopwatch.GetElapsedTime(start, afterRules).TotalMilliseconds);
                works[1].Times.Add(Stopwatch.GetElapsedTime(afterRules, afterFacts).TotalMilliseconds);
                works[2].Times.Add(Stopwatch.GetElapsedTime(afterFacts, end).TotalMilliseconds);
            }
        });
        summary.AppendLine(CultureInfo.InvariantCulture, $"\n### In one process: {Rules} rules, {Elements} elements, {Ports} ports; {regions} regions in all\n\n| work | first run ms (compiles) | later runs ms, median (min–max) |\n|---|---|---|");
        foreach (var (name, times) in works)
        {
            var later = times.Skip(1).Order().ToArray();
            summary.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {times[0]:F1} | {later[later.Length / 2]:F1} ({later[0]:F1}–{later[^1]:F1}) |");
            for (var run = 0; run < times.Count; run++)
            {
                csv.AppendLine(CultureInfo.InvariantCulture, $"\"{name}\",\"in process\",{run},{times[run]:F3},,,");
            }
        }

        var reading = works[0].Times.Skip(1).Order().ElementAt((options.Runs - 1) / 2);
        var judging = works[2].Times.Skip(1).Order().ElementAt((options.Runs - 1) / 2);
        summary.AppendLine(CultureInfo.InvariantCulture, $"\nJudging is {judging / reading:F2} × reading.");
    }

    private static int JudgeAll(FlowJudge judge)
    {
        var regions = 0;
        for (var port = FirstPort; port < FirstPort + Ports; port++)
        {
            foreach (var isIPv4 in (bool[])[true, false])
            {
                var query = new FlowQuery { Direction = FlowDirection.Inbound, IsIPv4 = isIPv4, Protocol = 6, DestinationPort = (ushort)port };
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
    private static void Program(LabHost host, Options options, StringBuilder csv, StringBuilder summary, string what) => host.Run(() =>
    {
        var listeners = new List<Socket>();
        for (var port = FirstPort; port < FirstPort + Ports; port++)
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            socket.Listen(16);
            listeners.Add(socket);
        }

        new Comparison($"the chart of {Ports} listeners, {what}", options.Runs, csv, summary).Run(
            new Contender("portolan --json", options.Program, "--json"),
            new Contender("ss -tlnp", "/usr/bin/ss", "-tlnp"),
            new Contender("nft list ruleset", "/usr/sbin/nft", "list", "ruleset"));
        listeners.ForEach(s => s.Dispose());
    });
}
