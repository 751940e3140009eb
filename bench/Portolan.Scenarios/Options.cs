using System.Globalization;
using System.Text;

namespace Portolan.Scenarios;

/// <summary>The options of a scenario, and where its results go.</summary>
internal sealed record Options(string Program, int Runs, int Sockets, int Processes, string? Folder, string? Only)
{
    public static Options Parse(string[] args)
    {
        string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : null;
        int Number(string name, int fallback) => Value(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;
        return new Options(
            Path.GetFullPath(Value("--program") ?? "out/portolan"), Number("--runs", 9), Number("--sockets", 100_000),
            Number("--processes", 10),
            Value("--out"), Value("--only"));
    }

    public bool Wants(string work) => Only is null || Only.Split(',').Contains(work, StringComparer.Ordinal);

    /// <summary>Writes raw.csv and summary.md with host notes into the folder, or the summary to stdout when there is none.</summary>
    public void Write(string scenario, StringBuilder csv, StringBuilder summary)
    {
        var load = string.Equals(scenario, "sockets", StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $" --sockets {Sockets} --processes {Processes}")
            : "";
        var notes = $"""
            # Side-by-side run

            - kernel: {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}, {Environment.ProcessorCount} processors, {CpuName()}
            - load average before and during: {File.ReadAllText("/proc/loadavg").Trim()}
            - runs: contenders in turn, medians of wall time; the ratio is the median of the pairwise ratios of the first command to each peer
            - made by: `bench/{scenario} --runs {Runs.ToString(CultureInfo.InvariantCulture)}{load}`

            """;
        if (Folder is null)
        {
            Console.WriteLine(notes + summary);
            return;
        }

        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "raw.csv"), csv.ToString());
        File.WriteAllText(Path.Combine(Folder, "summary.md"), notes + summary);
    }

    /// <summary>The processor's name.</summary>
    public static string CpuName() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            ?? "unknown processor";
}
