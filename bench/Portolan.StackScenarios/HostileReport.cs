using System.Globalization;
using System.Text;
using Portolan.Tests.Transport.Hostile.Attacks;

namespace Portolan.StackScenarios;

/// <summary>A line for each attack: hostile.csv has every run, hostile.md the medians.</summary>
internal static class HostileReport
{
    private const double Kilobyte = 1024;
    private const double Warming = 2;

    internal static int Run(string[] args)
    {
        string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : null;
        var runs = int.Parse(Value("--runs") ?? "3", CultureInfo.InvariantCulture);
        var rate = double.Parse(Value("--rate") ?? "100000", CultureInfo.InvariantCulture);
        var seconds = double.Parse(Value("--seconds") ?? "1", CultureInfo.InvariantCulture);
        var only = Value("--only");
        string[] names = [.. Attack.All().Select(static attack => attack.Name).Where(
            name => only is null || name.Contains(only, StringComparison.OrdinalIgnoreCase))];
        if (names.Length == 0)
        {
            Console.Error.WriteLine($"no attack has \"{only}\" in its name");
            return 2;
        }

        var load = File.ReadAllText("/proc/loadavg").Trim();
        var csv = new StringBuilder(
            "attack,run,offered per second,taken per second,ns each,packet memory above peace (bytes),other memory above before "
                + "(bytes),throughput against peace\n");
        var table = new StringBuilder(
            "| attack | taken a second | ns each | packet memory, KiB | other memory, KiB | throughput |\n|---|---|---|---|---|---|\n");

        // What is compiled in the first run is not measured.
        HostileMeasure.Of(names[0], rate, Warming);
        foreach (var name in names)
        {
            HostileCost[] costs = [.. Enumerable.Range(0, runs).Select(_ => HostileMeasure.Of(name, rate, seconds))];
            for (var run = 0; run < runs; run++)
            {
                var c = costs[run];
                csv.Append(
                    CultureInfo.InvariantCulture,
                    $"\"{name}\",{run + 1},{rate:f0},{c.Rate:f0},{c.Nanoseconds:f0},{c.Packets},{c.Managed},{c.Throughput:f3}\n");
            }

            double Median(Func<HostileCost, double> of) => costs.Select(of).Order().ElementAt(runs / 2);
            var line = string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {Median(static c => c.Rate):#,0} | {Median(static c => c.Nanoseconds):#,0} | "
                    + $"{Median(static c => c.Packets) / Kilobyte:#,0} | {Median(static c => c.Managed) / Kilobyte:#,0} | "
                    + $"{Median(static c => c.Throughput):0.00} × ({costs.Min(static c => c.Throughput):0.00} to "
                    + $"{costs.Max(static c => c.Throughput):0.00}) |");
            table.Append(line).Append('\n');
            Console.Error.WriteLine(line);
        }

        var notes = string.Create(CultureInfo.InvariantCulture, $"""
            # Hostile peers

            - kernel: {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}, {Environment.ProcessorCount} processors; load average before: {load}, after: {File.ReadAllText("/proc/loadavg").Trim()}
            - .NET {Environment.Version}; one thread for the victim, its good peer and its answers; medians of {runs} runs of {seconds} s
            - offered: {rate:#,0} packets a second; fewer are taken where an attack opens connections, or costs so much that packets are lost before the victim
            - throughput: of a stream beside the attack, as a part of that of another victim that is at peace, in turn every 50 ms; processor time for writing the
              attack's packets is left out, everything that the victim does for them is in
            - made by: `bench/stack hostile --runs {runs} --rate {rate:f0} --seconds {seconds}`


            """);
        RunFiles.Write(Value("--out"), ("hostile.csv", csv.ToString()), ("hostile.md", notes + table));
        return 0;
    }
}
