using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Scenarios;

/// <summary>
/// What <c>scan</c> finds beside nmap on hosts that limit what they take or send, and how long both take: SYNs that a rule limits, and UDP
/// ports, whose refusals the kernel limits. Needs root.
/// </summary>
internal static class LimitScenario
{
    private const string Nmap = "/usr/bin/nmap";
    private const int OpenPorts = 40;
    private const int AllPorts = 1000;
    private const int FewPeerRuns = 3;

    private static readonly string[] Rules = ["100/second burst 20", "50/second burst 5", "300/second burst 50", "1000/second burst 200"];

    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        var csv = new StringBuilder("work,command,run,open_found,of,seconds,exit\n");
        var summary = new StringBuilder();
        if (options.Wants("syn"))
        {
            Syn(options, csv, summary);
        }

        if (options.Wants("silent"))
        {
            Silent(options, csv, summary);
        }

        if (options.Wants("udp"))
        {
            Udp(options, csv, summary);
        }

        options.Write("scan-limits", csv, summary);
        return 0;
    }

    // The labs wait more than they compute: they run side by side, and in each the contenders take turns.
    private static void Syn(Options options, StringBuilder csv, StringBuilder summary)
    {
        var blocks = new string[Rules.Length];
        Parallel.For(0, Rules.Length, i =>
        {
            var rule = Rules[i];
            using var lab = ScanLab.OnOneCable();
            lab.Target.ListenTcp([.. Open(i)]);
            lab.Target.Nft($$"""
                table inet pace {
                  chain in { type filter hook input priority 0; tcp flags & (syn|ack) == syn limit rate over {{rule}} packets drop; }
                }
                """);
            string[] words = ["-n", "-Pn", "-sS", "-p1-1000", ScanLab.TargetAddress];
            var work = $"SYNs limited to {rule}";
            var rows = Compare(
                lab, work, options.Runs, csv, Ours(options, ["-T3", .. words]), Theirs(["-T3", .. words]), Ours(options, ["-T4", .. words]),
                Theirs(["-T4", .. words]));
            blocks[i] = Table($"{work}: {OpenPorts} open of {AllPorts} ports, the rest closed", rows, [0, 0, 2, 2]);
        });
        summary.AppendJoin("", blocks);
    }

    private static void Silent(Options options, StringBuilder csv, StringBuilder summary)
    {
        foreach (var open in (int[])[0, 5])
        {
            using var lab = ScanLab.BehindRouter();
            int[] ports = [.. new[] { 22, 80, 443, 3306, 8080 }.Take(open)];
            lab.Target.ListenTcp(ports);
            var accepted = open > 0 ? $"tcp dport {{ {string.Join(", ", ports)} }} accept; " : "";
            lab.Target.Nft($$"""
                table inet silence {
                  chain in { type filter hook input priority 0; {{accepted}}meta l4proto tcp drop; }
                }
                """);
            var work = open > 0 ? "5 open ports of 65,535 behind a router, the rest silent" : "65,535 silent ports behind a router";
            var words = new[] { "-n", "-Pn", "-sS", "-p-", ScanLab.TargetAddress };
            var rows = Compare(lab, work, Math.Min(options.Runs, 3), csv, Ours(options, words));
            summary.Append(Table(work, rows, [0]));
        }
    }

    private static void Udp(Options options, StringBuilder csv, StringBuilder summary)
    {
        // Ports that -F asks, whose services answer its questions or anything.
        int[] services = [53, 69, 123, 161, 500];
        var runs = Math.Min(options.Runs, FewPeerRuns);
        using var lab = ScanLab.UdpHosts(([], false), ([], true), (services, false), (services, true));
        string[] words = ["-n", "-Pn", "-sU", "-F", "198.18.0.10-13"];
        summary.Append(Table(
            "-sU -F of four hosts: closed, silent, five services with the rest closed, and with the rest silent",
            Compare(lab, "UDP, four hosts", runs, csv, Ours(options, words), Theirs(words)), [0, 0]));
        words = ["-n", "-Pn", "-sU", "-p", "7,9,17,19,49,67,68,80,88,111,120,135", "198.18.0.10"];
        summary.Append(Table(
            "12 closed UDP ports of one host",
            Compare(lab, "UDP, 12 closed ports", runs, csv, Ours(options, words), Theirs(words)), [0, 0]));
    }

    private static IEnumerable<int> Open(int seed) =>
        Enumerable.Range(1, AllPorts).OrderBy(port => (uint)((port + (seed * 7919)) * 2654435761L)).Take(OpenPorts);

    private static Contender Ours(Options options, string[] words) =>
        new("portolan scan " + string.Join(' ', words), options.Program, ["scan", "--json", .. words]);

    private static Contender Theirs(string[] words) => new("nmap " + string.Join(' ', words), Nmap, ["-oG", "-", .. words]);

    private static List<Row> Compare(ScanLab lab, string work, int runs, StringBuilder csv, params Contender[] contenders)
    {
        var rows = contenders.Select(static c => new Row(c.Name, [])).ToList();
        for (var run = 1; run <= runs; run++)
        {
            for (var i = 0; i < contenders.Length; i++)
            {
                if (i > 0 && contenders[i].Path == Nmap && run > FewPeerRuns)
                {
                    continue;
                }

                var outcome = Once(lab.Scanner, contenders[i]);
                rows[i].Outcomes.Add(outcome);
                lock (csv)
                {
                    csv.AppendLine(CultureInfo.InvariantCulture,
                        $"\"{work}\",\"{contenders[i].Name}\",{run},{outcome.Open},{outcome.Other},{outcome.Seconds:F2},{outcome.Exit}");
                }
            }
        }

        return rows;
    }

    private static Outcome Once(LabHost scanner, Contender contender)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = scanner.Start(contender.Path, contender.Arguments);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        int open = 0, other = 0;
        double lastOpen = 0;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith('{'))
            {
                using var document = JsonDocument.Parse(line);
                if (document.RootElement.GetProperty("event").GetString() == "port")
                {
                    var isOpen = document.RootElement.GetProperty("state").GetString() == "open";
                    (open, other) = isOpen ? (open + 1, other) : (open, other + 1);
                    lastOpen = isOpen ? Stopwatch.GetElapsedTime(start).TotalSeconds : lastOpen;
                }
            }
            else
            {
                open += line.Split("/open/").Length - 1;
            }
        }

        process.WaitForExit();
        _ = error.Result;
        return new Outcome(open, other, lastOpen, Stopwatch.GetElapsedTime(start).TotalSeconds, process.ExitCode);
    }

    private static string Table(string title, List<Row> rows, int[] besides)
    {
        var text = new StringBuilder($"\n### {title}\n\n| command | runs | open ports found, fewest–most | runs with 39 of 40 or more ");
        text.AppendLine("| last open port, s | s, median (min–max) | × of nmap |\n|---|---|---|---|---|---|---|");
        for (var i = 0; i < rows.Count; i++)
        {
            var all = rows[i].Outcomes;
            var peer = i + 1 < rows.Count && besides[i + 1] == besides[i] && i == besides[i] ? rows[i + 1] : null;
            string[] cells =
            [
                $"`{rows[i].Name}`", Text(all.Count), $"{all.Min(static o => o.Open)}–{all.Max(static o => o.Open)}",
                Text(all.Count(static o => o.Open >= OpenPorts - 1)),
                all.Max(static o => o.LastOpen) is > 0 and var last ? Text(last) : "–",
                $"{Text(MedianSeconds(all))} ({Text(all.Min(static o => o.Seconds))}–{Text(all.Max(static o => o.Seconds))})",
                peer is null ? "–" : (MedianSeconds(all) / MedianSeconds(peer.Outcomes)).ToString("F2", CultureInfo.InvariantCulture),
            ];
            var line = $"| {string.Join(" | ", cells)} |";
            text.AppendLine(line);
            Console.Error.WriteLine($"{title}: {line}");
        }

        return text.ToString();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(double seconds) => seconds.ToString("F1", CultureInfo.InvariantCulture);

    private static double MedianSeconds(List<Outcome> outcomes) =>
        outcomes.Select(static o => o.Seconds).Order().ElementAt(outcomes.Count / 2);

    private sealed record Row(string Name, List<Outcome> Outcomes);

    private sealed record Outcome(int Open, int Other, double LastOpen, double Seconds, int Exit);
}
