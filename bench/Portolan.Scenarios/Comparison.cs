using System.Globalization;
using System.Text;

namespace Portolan.Scenarios;

/// <summary>A program to time, with its arguments.</summary>
internal sealed record Contender(string Name, string Path, params string[] Arguments);

/// <summary>Times contenders in turn, A B C A B C …, so that a drift of the machine's speed touches all alike.</summary>
internal sealed class Comparison(string work, int runs, StringBuilder csv, StringBuilder summary)
{
    /// <summary>
    /// Runs each contender once unmeasured, then <c>runs</c> times, and writes medians and ratios to the first contender.
    /// </summary>
    public void Run(params Contender[] contenders)
    {
        var costs = contenders.Select(_ => new List<RunCost>()).ToArray();
        for (var run = -1; run < runs; run++)
        {
            for (var i = 0; i < contenders.Length; i++)
            {
                var cost = Spawn.Run(contenders[i].Path, contenders[i].Arguments);
                if (run < 0)
                {
                    continue;
                }

                costs[i].Add(cost);
                csv.AppendLine(CultureInfo.InvariantCulture,
                    $"\"{work}\",\"{contenders[i].Name}\",{run + 1},{cost.WallMilliseconds:F3},{cost.UserMilliseconds:F3},"
                        + $"{cost.SystemMilliseconds:F3},{cost.ExitStatus}");
            }
        }

        var peaks = contenders.Select(PeakMegabytes).ToArray();
        summary.AppendLine(
            CultureInfo.InvariantCulture,
            $"\n### {work}\n\n| command | wall ms, median (min–max) | user ms | system ms | peak MB | {contenders[0].Name} is × of it |\n"
                + $"|---|---|---|---|---|---|");
        for (var i = 0; i < contenders.Length; i++)
        {
            var list = costs[i];
            var ratio = Median(costs[0].Zip(list, (a, b) => a.WallMilliseconds / b.WallMilliseconds));
            var line = string.Create(CultureInfo.InvariantCulture,
                $"| `{contenders[i].Name}` | {Median(list.Select(c => c.WallMilliseconds)):F2} "
                    + $"({list.Min(c => c.WallMilliseconds):F2}–{list.Max(c => c.WallMilliseconds):F2}) | "
                    + $"{Median(list.Select(c => c.UserMilliseconds)):F1} | {Median(list.Select(c => c.SystemMilliseconds)):F1} | "
                    + $"{peaks[i]} | {(i == 0 ? "–" : ratio.ToString("F2", CultureInfo.InvariantCulture))} |");
            summary.AppendLine(line);
            Console.Error.WriteLine($"{work}: {line}");
        }
    }

    /// <summary>
    /// Peak memory from one more run under GNU time. wait4's own figure will not do: a program that is started by vfork begins
    /// with the peak of the process that started it.
    /// </summary>
    private static string PeakMegabytes(Contender contender)
    {
        const string Time = "/usr/bin/time";
        if (!File.Exists(Time))
        {
            return "–";
        }

        var file = Path.GetTempFileName();
        try
        {
            Spawn.Run(Time, ["-f", "%M", "-o", file, contender.Path, .. contender.Arguments]);
            var kilobytes = double.Parse(File.ReadLines(file).Last(), CultureInfo.InvariantCulture);
            return (kilobytes / 1024).ToString("F1", CultureInfo.InvariantCulture);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
