using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;

namespace Portolan.Scenarios;

/// <summary>
/// <c>scan -sU -F</c> beside nmap: a Linux host that sends one ICMP error a second. All scans run at the same time, each against a host of
/// its own, for they only wait. Needs root.
/// </summary>
internal static class UdpScenario
{
    private const string Nmap = "/usr/bin/nmap";

    private static readonly int[] Services = [53, 123, 161, 1900, 5353];

    private static readonly Shape[] Shapes =
    [
        new("all closed", IsSilent: false, HasServices: false),
        new("all silent", IsSilent: true, HasServices: false),
        new("five services, the rest closed", IsSilent: false, HasServices: true),
        new("five services, the rest silent", IsSilent: true, HasServices: true),
    ];

    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        string[] extra = [.. args.SkipWhile(static word => word != "--").Skip(1)];
        var csv = new StringBuilder("host,program,run,seconds,open,closed,last_open_seconds,exit\n");
        var summary = new StringBuilder("\n### `-n -sU -F` of one Linux host\n\n")
            .Append("| host | portolan s | nmap s | × | certain states, portolan · nmap | last open service after s, portolan · nmap |\n")
            .Append("|---|---|---|---|---|---|\n");
        var all = new Dictionary<(Shape Shape, bool IsOurs), List<Outcome>>();
        for (var run = 1; run <= options.Runs; run++)
        {
            var tasks = Shapes.SelectMany(shape => new[] { true, false }.Select(isOurs => (Shape: shape, IsOurs: isOurs)))
                .Select(one => (one, Task: Task.Factory.StartNew(
                    () => Scan(one.Shape, one.IsOurs, options.Program, extra), TaskCreationOptions.LongRunning))).ToList();
            foreach (var ((shape, isOurs), task) in tasks)
            {
                var outcome = task.Result;
                (all.TryGetValue((shape, isOurs), out var list) ? list : all[(shape, isOurs)] = []).Add(outcome);
                csv.Append(CultureInfo.InvariantCulture, $"\"{shape.Name}\",{(isOurs ? "portolan" : "nmap")},{run},{outcome.Seconds:F2},")
                    .AppendLine(CultureInfo.InvariantCulture, $"{outcome.Open},{outcome.Closed},{outcome.LastOpen:F2},{outcome.Exit}");
            }
        }

        foreach (var shape in Shapes)
        {
            var (ours, theirs) = (all[(shape, true)], all[(shape, false)]);
            var (our, their) = (Median(ours, static o => o.Seconds), Median(theirs, static o => o.Seconds));
            var lastOpen = shape.HasServices
                ? string.Create(
                    CultureInfo.InvariantCulture, $"{ours.Max(static o => o.LastOpen):F1} · {theirs.Max(static o => o.LastOpen):F1}")
                : "–";
            var certain = $"{ours.Min(static o => o.Certain)} · {theirs.Max(static o => o.Certain)}";
            var line = string.Create(
                CultureInfo.InvariantCulture, $"| {shape.Name} | {our:F1} | {their:F1} | {our / their:F2} | {certain} | {lastOpen} |");
            summary.AppendLine(line);
            Console.Error.WriteLine(line);
        }

        options.Write("scan-udp", csv, summary);
        return 0;
    }

    private static Outcome Scan(Shape shape, bool isOurs, string program, string[] extra)
    {
        using var lab = ScanLab.OnOneCable();
        if (shape.HasServices)
        {
            foreach (var port in Services)
            {
                lab.Target.EchoUdp(port);
            }
        }

        if (shape.IsSilent)
        {
            var ports = shape.HasServices ? $"udp dport != {{ {string.Join(", ", Services)} }}" : "ip protocol udp";
            lab.Target.Nft($$"""
                table ip silence {
                  chain in { type filter hook input priority 0; {{ports}} drop; }
                }
                """);
        }

        var file = Path.GetTempFileName();
        try
        {
            string[] words = isOurs ? ["scan", "--json", "-oX", file] : ["-v", "-oX", file];
            var start = Stopwatch.GetTimestamp();
            using var process = lab.Scanner.Start(isOurs ? program : Nmap, [.. words, "-n", "-sU", "-F", .. extra, ScanLab.TargetAddress]);
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            double lastOpen = 0;
            while (process.StandardOutput.ReadLine() is { } line)
            {
                if (isOurs ? IsOpen(line) : line.StartsWith("Discovered open port", StringComparison.Ordinal))
                {
                    lastOpen = Stopwatch.GetElapsedTime(start).TotalSeconds;
                }
            }

            process.WaitForExit();
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            var host = XDocument.Load(file).Descendants("host").First();
            return new Outcome(seconds, Count(host, "open"), Count(host, "closed"), lastOpen, process.ExitCode);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static bool IsOpen(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("event").GetString() == "port"
            && document.RootElement.GetProperty("state").GetString() == "open";
    }

    // States that many ports share are only counted in the XML.
    private static int Count(XElement host, string state) =>
        host.Descendants("state").Count(element => (string?)element.Attribute("state") == state)
        + host.Descendants("extraports").Where(element => (string?)element.Attribute("state") == state)
            .Sum(static element => (int?)element.Attribute("count") ?? 0);

    private static double Median(List<Outcome> outcomes, Func<Outcome, double> value)
    {
        var sorted = outcomes.Select(value).Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private sealed record Shape(string Name, bool IsSilent, bool HasServices);

    private sealed record Outcome(double Seconds, int Open, int Closed, double LastOpen, int Exit)
    {
        public int Certain => Open + Closed;
    }
}
