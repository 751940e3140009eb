using System.Globalization;
using System.Text;

namespace Portolan.TunScenarios;

/// <summary>Figures of several runs: raw lines, medians, and ratios of medians.</summary>
internal sealed class Report
{
    private readonly StringBuilder _csv = new("figure,run,value\n");
    private readonly List<string> _order = [];
    private readonly Dictionary<string, List<double>> _values = new(StringComparer.Ordinal);
    private readonly List<(string Name, string Of, string To)> _ratios = [];

    /// <summary>Whether figures are thrown away.</summary>
    internal bool IsQuiet { get; set; }

    /// <summary>Notes a figure of one run.</summary>
    internal void Note(string figure, double value)
    {
        if (IsQuiet)
        {
            return;
        }

        if (!_values.TryGetValue(figure, out var list))
        {
            _values.Add(figure, list = []);
            _order.Add(figure);
        }

        list.Add(value);
        _csv.Append(CultureInfo.InvariantCulture, $"\"{figure}\",{list.Count},{value:f3}\n");
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure}: {value:f3}"));
    }

    /// <summary>Asks for the ratio of two figures' medians.</summary>
    internal void Ratio(string name, string of, string to) => _ratios.Add((name, of, to));

    /// <summary>Writes raw lines and medians to the standard output, and into a folder as <c>NAME.csv</c> and <c>NAME.md</c>.</summary>
    internal void Write(string name, string title, string command, string? folder)
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(
            static l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor";
        var table = new StringBuilder($"""
            # {title}

            - kernel: {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}, {Environment.ProcessorCount} processors, {processor}
            - load average at the end: {File.ReadAllText("/proc/loadavg").Trim()}
            - .NET {Environment.Version}
            - made by: `{command}`

            | figure | median | min | max | runs |
            |---|---|---|---|---|

            """);
        foreach (var figure in _order)
        {
            var list = _values[figure];
            table.Append(
                CultureInfo.InvariantCulture,
                $"| {figure} | {Median(list):#,0.###} | {list.Min():#,0.###} | {list.Max():#,0.###} | {list.Count} |\n");
        }

        var ratios = _ratios.Where(r => _values.ContainsKey(r.Of) && _values.ContainsKey(r.To)).ToArray();
        if (ratios.Length > 0)
        {
            table.Append("\n| ratio | of medians | median of each turn's |\n|---|---|---|\n");
            foreach (var (what, of, to) in ratios)
            {
                var (ours, peers) = (_values[of], _values[to]);
                var turns = ours.Zip(peers, static (a, b) => a / b).ToList();
                table.Append(CultureInfo.InvariantCulture, $"| {what} | {Median(ours) / Median(peers):f2} | {Median(turns):f2} |\n");
            }
        }

        Console.Write($"{_csv}\n{table}");
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, $"{name}.csv"), _csv.ToString());
            File.WriteAllText(Path.Combine(folder, $"{name}.md"), table.ToString());
        }
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
