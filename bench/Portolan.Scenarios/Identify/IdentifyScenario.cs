using System.Diagnostics;
using System.Globalization;
using System.Text;
using Portolan.EndToEnd.Tests.Servers;
using Portolan.Tests.Support;

namespace Portolan.Scenarios.Identify;

/// <summary>
/// <c>portolan scan -sV</c> beside <c>nmap -sV</c> on the real servers that listen in this network namespace: what each says of each port,
/// how much of it is right, and how long it takes. They take turns. <c>scripts/servers run all</c> starts the servers.
/// </summary>
internal static class IdentifyScenario
{
    private const string Nmap = "/usr/bin/nmap";

    private static readonly string Script = Repository.PathOf("scripts", "servers");

    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        var versions = ServerTable.ReadVersions(Output(Script, "versions"));
        var ports = ServerTable.All.SelectMany(static server => server.Ports).ToList();
        var folder = options.Folder ?? Directory.CreateTempSubdirectory("portolan-identify-").FullName;
        Directory.CreateDirectory(folder);
        string[] words = ["-sS", "-sU", "-sV", "-n", "-p", Output(Script, "ports", "all").Trim(), "127.0.0.1"];
        Contestant[] contestants = [new("portolan", options.Program, ["scan", .. words]), new("nmap", Nmap, ["-T4", .. words])];

        var csv = new StringBuilder("run,command,wall_s,user_s,system_s,exit,protocol_right,protocol_wrong,product_right,product_wrong,")
            .Append("version_right,version_wrong\n");
        for (var run = 1; run <= options.Runs; run++)
        {
            foreach (var contestant in contestants)
            {
                var line = contestant.Run(run, folder, file => new Score(ports, versions, PortClaim.Read(file)));
                csv.AppendLine(line);
                Console.Error.WriteLine(line);
            }
        }

        var summary = Notes(options, contestants, ports.Count) + Totals(contestants) + Table(contestants, ports, versions);
        Console.WriteLine(summary);
        if (options.Folder is not null)
        {
            File.WriteAllText(Path.Combine(folder, "raw.csv"), csv.ToString());
            File.WriteAllText(Path.Combine(folder, "summary.md"), summary);
        }

        return 0;
    }

    private static string Notes(Options options, Contestant[] contestants, int ports) => string.Create(CultureInfo.InvariantCulture, $"""
        # What open ports are: portolan scan -sV beside nmap -sV

        - kernel: {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}, {Environment.ProcessorCount} processors, {Options.CpuName()}
        - load average at the end: {File.ReadAllText("/proc/loadavg").Trim()}
        - {Output(contestants[0].Path, "version").Split('\n')[0]}, {Output(Nmap, "--version").Split('\n')[0]}
        - servers: packages of Debian 12, {ports} ports in one network namespace; {options.Runs} runs each, in turn
        - `{contestants[0].Command}`
        - `{contestants[1].Command}`
        - right: as the table of servers and dpkg have it, by any usual name, or a range that the version is in. Wrong: said with certainty
          (`method="probed"`) and not so. Many servers do not tell their product or version; who leaves that out is not wrong.


        """);

    private static string Totals(Contestant[] contestants)
    {
        var text = new StringBuilder("| | wall s, median (min–max) ")
            .Append("| protocol right | wrong | product right | wrong | version right | wrong |\n")
            .Append("|---|---|---|---|---|---|---|---|\n");
        foreach (var one in contestants)
        {
            var counts = string.Join(" | ", one.Scores[0].Counts);
            var times = string.Create(CultureInfo.InvariantCulture, $"{one.Median:F1} ({one.Walls.Min():F1}–{one.Walls.Max():F1})");
            text.AppendLine($"| {one.Name} | {times} | {counts} |");
        }

        var ratio = contestants[0].Median / contestants[1].Median;
        return text.AppendLine(CultureInfo.InvariantCulture, $"\nportolan takes {ratio:F2} × nmap's time.\n").ToString();
    }

    private static string Table(Contestant[] contestants, List<ServerPort> ports, Dictionary<string, string> versions)
    {
        var text = new StringBuilder("The first run, port by port; bold where a part is wrong:\n\n")
            .Append("| port | server | is | portolan | nmap |\n|---|---|---|---|---|\n");
        foreach (var port in ports)
        {
            var truth = port.Truth(versions).Split('|').Where(static part => part != "-");
            var cells = string.Join(" | ", contestants.Select(one => one.Scores[0].Cell(port)));
            text.AppendLine($"| {port.Port} | {port.Server.Name} | {string.Join(' ', truth)} | {cells} |");
        }

        return text.ToString();
    }

    private static string Output(string path, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(path, words) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? text
            : throw new InvalidOperationException($"{path} {string.Join(' ', words)}: exit {process.ExitCode}");
    }

    /// <summary>A scanner, its times and its scores.</summary>
    private sealed record Contestant(string Name, string Path, string[] Words)
    {
        public List<double> Walls { get; } = [];

        public List<Score> Scores { get; } = [];

        public string Command => $"{Name} {string.Join(' ', Words)}";

        public double Median => (Walls.Order().ElementAt((Walls.Count - 1) / 2) + Walls.Order().ElementAt(Walls.Count / 2)) / 2;

        /// <summary>Scans, and gives a line for raw.csv.</summary>
        public string Run(int run, string folder, Func<string, Score> judge)
        {
            var file = System.IO.Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Name}-{run}.xml"));
            var cost = Spawn.Run(Path, [.. Words, "-oX", file]);
            var score = judge(file);
            Scores.Add(score);
            Walls.Add(cost.WallMilliseconds / 1000);
            var times = ((double[])[cost.WallMilliseconds, cost.UserMilliseconds, cost.SystemMilliseconds])
                .Select(static time => (time / 1000).ToString("F2", CultureInfo.InvariantCulture));
            return string.Create(
                CultureInfo.InvariantCulture, $"{run},{Name},{string.Join(',', times)},{cost.ExitStatus},{string.Join(',', score.Counts)}");
        }
    }
}
