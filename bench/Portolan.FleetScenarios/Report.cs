using System.Globalization;
using System.Text;

namespace Portolan.FleetScenarios;

/// <summary>The figures of a run: a line of the raw file for each, and a table for people.</summary>
/// <param name="name">What was measured.</param>
/// <param name="columns">Of the raw file.</param>
internal sealed class Report(string name, string columns)
{
    private readonly StringBuilder _raw = new(columns + "\n");
    private readonly StringBuilder _summary = new();

    public void Row(params double[] values) =>
        _raw.AppendJoin(',', values.Select(static v => v.ToString("0.##", CultureInfo.InvariantCulture))).Append('\n');

    public void Line(string line)
    {
        _summary.AppendLine(line);
        Console.Error.WriteLine(line);
    }

    /// <summary>Writes NAME.csv and NAME.md into a folder, or the table to stdout.</summary>
    public void Write(string? folder)
    {
        var processor = File.ReadLines("/proc/cpuinfo").First(static l => l.StartsWith("model name", StringComparison.Ordinal))
            .Split(':')[1];
        var head = string.Create(CultureInfo.InvariantCulture, $"""
            # Fleet: {name}

            - kernel {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}, {Environment.ProcessorCount} processors,{processor}
            - load average at the end: {File.ReadAllText("/proc/loadavg").Trim()}
            - broker, database, coordinator and agents on one machine; the database has each commit on the disk (fsync)


            """);
        if (folder is null)
        {
            Console.Write(head + _summary);
            return;
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, $"{name}.csv"), _raw.ToString());
        File.WriteAllText(Path.Combine(folder, $"{name}.md"), head + _summary);
    }
}
