using System.Globalization;
using System.Text;
using System.Text.Json;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Scenarios;

/// <summary>
/// How right <c>scan</c> is about ports, and about itself: recall, precision, loss and misses against known truth. Needs root.
/// </summary>
internal static class AccuracyScenario
{
    private const int OpenPorts = 1000;
    private const int FirstOpen = 2000;

    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        var csv = new StringBuilder("work,loss_each_way,run,found,wrong,probe_loss,estimated_miss_rate,missed,seconds\n");
        var summary = new StringBuilder();
        if (options.Wants("recall"))
        {
            summary.AppendLine("\n### Recall at the default pace, 1,000 open ports among 65,535\n\n| loss each way | rest of the ports | "
                + "runs | recall | wrong | seconds, median |\n|---|---|---|---|---|---|");
            foreach (var silent in (bool[])[false, true])
            {
                using var lab = Lab(50, silent);
                var runs = Repeat(options, csv, $"recall, rest {(silent ? "silent" : "closed")}", 50, lab, "-p-");
                var found = runs.Sum(r => r.Found) / (double)(runs.Count * OpenPorts);
                var (rest, wrong, seconds) = (silent ? "silent" : "closed", runs.Sum(r => r.Wrong), Median(runs.Select(r => r.Seconds)));
                Say(summary, $"| 5 % | {rest} | {runs.Count} | {found:P3} | {wrong} | {seconds:F2} |");
            }
        }

        if (options.Wants("routed"))
        {
            summary.AppendLine("\n### Recall behind a router, 1,000 open ports among 65,535, the rest closed\n");
            summary.AppendLine("| loss each way | runs | runs that found all | wrong | seconds, median |\n|---|---|---|---|---|");
            foreach (var perMille in (int[])[0, 50])
            {
                using var lab = ScanLab.BehindRouter(perMille);
                lab.Target.ListenTcp([.. Enumerable.Range(FirstOpen, OpenPorts)]);
                var runs = Repeat(options with { Runs = Math.Max(20, options.Runs) }, csv, "routed", perMille, lab, "-p-");
                var whole = runs.Count(static r => r.Found == OpenPorts);
                var seconds = Median(runs.Select(r => r.Seconds));
                Say(summary, $"| {perMille / 10.0} % | {runs.Count} | {whole} | {runs.Sum(r => r.Wrong)} | {seconds:F2} |");
            }
        }

        if (options.Wants("loss"))
        {
            summary.AppendLine("\n### probeLoss against the truth, two ways\n\n| loss each way | truth | probeLoss, median (min–max) | "
                + "runs |\n|---|---|---|---|");
            foreach (var perMille in (int[])[0, 10, 50, 200])
            {
                using var lab = Lab(perMille, silent: true);
                var runs = Repeat(options, csv, "probeLoss", perMille, lab, "-p1-10000");
                var kept = 1 - (perMille / 1000.0);
                var values = runs.Select(r => r.ProbeLoss ?? double.NaN).ToArray();
                var (loss, least, most) = (1 - (kept * kept), values.Min(), values.Max());
                Say(summary, $"| {perMille / 10.0} % | {loss:P2} | {Median(values):P2} ({least:P2}–{most:P2}) | {runs.Count} |");
            }
        }

        if (options.Wants("misses"))
        {
            summary.AppendLine("\n### estimatedMissRate against what was missed, summed over the runs\n\n| loss each way | retries | runs "
                + "| missed | estimated | ratio |\n|---|---|---|---|---|---|");
            foreach (var (perMille, retries) in ((int, string)[])[(0, "0"), (10, "0"), (50, "0"), (50, "1"), (200, "1")])
            {
                using var lab = Lab(perMille, silent: true);
                var runs = Repeat(
                    options with { Runs = Math.Max(20, options.Runs) }, csv, $"misses, {retries} retries", perMille, lab, "-p1-10000",
                    "--max-retries", retries);
                double missed = runs.Sum(r => OpenPorts - r.Found), estimated =
                    runs.Sum(r => (r.EstimatedMissRate ?? double.NaN) * OpenPorts);
                var ratio = missed > 0 ? estimated / missed : double.NaN;
                Say(summary, $"| {perMille / 10.0} % | {retries} | {runs.Count} | {missed} | {estimated:F1} | {ratio:F2} |");
            }
        }

        options.Write("accuracy", csv, summary);
        return 0;
    }

    /// <summary>One host with open ports; the rest answers with RST, or is dropped by its firewall.</summary>
    private static ScanLab Lab(int perMille, bool silent)
    {
        var lab = ScanLab.WithLoss(perMille);
        lab.Target.ListenTcp([.. Enumerable.Range(FirstOpen, OpenPorts)]);
        if (silent)
        {
            lab.Target.Nft(string.Create(CultureInfo.InvariantCulture, $$"""
                table inet silence {
                  chain in { type filter hook input priority 0; tcp dport != {{FirstOpen}}-{{FirstOpen + OpenPorts - 1}} drop; }
                }
                """));
        }

        return lab;
    }

    private static List<Outcome> Repeat(Options options, StringBuilder csv, string work, int perMille, ScanLab lab, params string[] words)
    {
        var outcomes = new List<Outcome>();
        for (var run = 1; run <= options.Runs; run++)
        {
            var outcome = Scan(options.Program, lab.Scanner, ["scan", "-n", "-Pn", "-sS", "--json", .. words, ScanLab.TargetAddress]);
            outcomes.Add(outcome);
            csv.AppendLine(CultureInfo.InvariantCulture,
                $"\"{work}\",{perMille / 1000.0},{run},{outcome.Found},{outcome.Wrong},{outcome.ProbeLoss},{outcome.EstimatedMissRate},"
                    + $"{OpenPorts - outcome.Found},{outcome.Seconds:F3}");
        }

        return outcomes;
    }

    private static Outcome Scan(string program, LabHost scanner, string[] words)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        var (output, error, exit) = scanner.Execute(program, null, words);
        var seconds = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (exit != 0)
        {
            throw new InvalidOperationException($"portolan {string.Join(' ', words)} ended with {exit}: {error}");
        }

        int found = 0, wrong = 0;
        double? loss = null, miss = null;
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            switch (root.GetProperty("event").GetString())
            {
                case "port" when root.GetProperty("state").GetString() == "open":
                    var isTrue = root.GetProperty("port").GetInt32() is >= FirstOpen and < FirstOpen + OpenPorts;
                    found += isTrue ? 1 : 0;
                    wrong += isTrue ? 0 : 1;
                    break;
                case "end":
                    loss = Number(root.GetProperty("probeLoss"));
                    miss = Number(root.GetProperty("estimatedMissRate"));
                    break;
            }
        }

        return new Outcome(found, wrong, loss, miss, seconds);
    }

    private static double? Number(JsonElement element) => element.ValueKind == JsonValueKind.Number ? element.GetDouble() : null;

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static void Say(StringBuilder summary, FormattableString line)
    {
        var text = line.ToString(CultureInfo.InvariantCulture);
        summary.AppendLine(text);
        Console.Error.WriteLine(text);
    }

    private sealed record Outcome(int Found, int Wrong, double? ProbeLoss, double? EstimatedMissRate, double Seconds);
}
