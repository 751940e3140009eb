using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Portolan.Scenarios;

/// <summary>
/// How fast SYNs leave over a virtual cable whose other end drops them at netdev ingress: <c>scan</c>, its links by themselves, masscan and
/// zmap in turn, each at its best. The interface counts, not the programs. Needs root.
/// </summary>
internal static class SendScenario
{
    private const string Cable = "scan0";
    private const string OwnHardware = "02:00:00:00:00:01";
    private const string GatewayHardware = "02:00:00:00:00:02";
    private const string Gateway = "198.18.0.2";

    /// <summary>Packets of one run, about: 131,072 targets times this.</summary>
    private const int Rounds = 16;

    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        var csv = new StringBuilder("command,run,packets,seconds,packets_per_second\n");
        var summary = new StringBuilder();
        using var lab = ScanLab.SilentCable(Cable, OwnHardware, GatewayHardware);
        var nothing = Path.GetTempFileName();
        var packets = (131_072L * Rounds).ToString(CultureInfo.InvariantCulture);
        var half = (131_072L * Rounds / 2).ToString(CultureInfo.InvariantCulture);
        var rounds = Rounds.ToString(CultureInfo.InvariantCulture);
        string[] zmap = [
            "-p", "80", "-i", Cable, "-G", GatewayHardware, "-S", "198.18.0.1", "-b", nothing, "-c", "0", "-r", "0", "-P", rounds, "-o",
            "/dev/null", "-q", "-v", "0"];
        string[] masscan = [
            "-p", $"1-{rounds}", "--rate", "100000000", "-e", Cable, "--source-ip", "198.18.0.1", "--source-port", "61000", "--router-mac",
            GatewayHardware, "--wait", "0"];
        Contender[] contenders =
        [
            new(
                "portolan scan", options.Program, "scan", "-n", "-Pn", "-sS", "-p", $"1-{rounds}", "--max-retries", "0", "--yes",
                "--exclude", "198.18.0.0/30", "198.18.0.0/15"),
            new("links, 1 thread", Environment.ProcessPath!, "syn-speed", Gateway, GatewayHardware, "1", packets),
            new("links, 2 threads", Environment.ProcessPath!, "syn-speed", Gateway, GatewayHardware, "2", half),
            new("zmap -T 1", "/usr/sbin/zmap", ["-T", "1", .. zmap, "198.18.0.0/15"]),
            new("zmap -T 2", "/usr/sbin/zmap", ["-T", "2", .. zmap, "198.18.0.0/15"]),
            new("masscan", "/usr/bin/masscan", ["198.18.0.0/15", .. masscan]),
        ];
        try
        {
            Compare(lab, contenders, options.Runs, csv, summary);
        }
        finally
        {
            File.Delete(nothing);
        }

        options.Write("scan-send", csv, summary);
        return 0;
    }

    private static void Compare(ScanLab lab, Contender[] contenders, int runs, StringBuilder csv, StringBuilder summary)
    {
        var rates = contenders.Select(_ => new List<double>()).ToArray();
        for (var run = 0; run < runs; run++)
        {
            for (var i = 0; i < contenders.Length; i++)
            {
                var (packets, seconds) = lab.Scanner.Run(() => Measure(contenders[i]));
                rates[i].Add(packets / seconds);
                csv.AppendLine(
                    CultureInfo.InvariantCulture, $"\"{contenders[i].Name}\",{run + 1},{packets},{seconds:F4},{packets / seconds:F0}");
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{contenders[i].Name}: {packets / seconds / 1e6:F3} M/s"));
            }
        }

        summary.AppendLine(
            "\n### SYN send rate, the receiver drops at netdev ingress\n\n| sender | M packets/s, median (min–max) |\n|---|---|");
        var medians = rates.Select(list => list.Order().Skip((list.Count - 1) / 2).Take(2 - (list.Count % 2)).Average()).ToArray();
        for (var i = 0; i < contenders.Length; i++)
        {
            summary.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {contenders[i].Name} | {medians[i] / 1e6:F3} ({rates[i].Min() / 1e6:F3}–{rates[i].Max() / 1e6:F3}) |");
        }

        var (scan, links, zmap, masscan) = (medians[0], Math.Max(medians[1], medians[2]), Math.Max(medians[3], medians[4]), medians[5]);
        summary.AppendLine(
            CultureInfo.InvariantCulture,
            $"\n`portolan scan`: {scan / zmap:F2} × the best of zmap, {scan / masscan:F2} × masscan. The links by themselves: "
                + $"{links / zmap:F2} × and {links / masscan:F2} ×.");
    }

    /// <summary>
    /// Runs a sender and reads the interface's counter meanwhile: the time from the first tenth of its packets to the ninth, so that
    /// neither start nor end counts.
    /// </summary>
    private static (long Packets, double Seconds) Measure(Contender contender)
    {
        var samples = new List<(long At, long Count)>();
        var start = new ProcessStartInfo(contender.Path) { RedirectStandardOutput = true, RedirectStandardError = true };
        Array.ForEach(contender.Arguments, start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        do
        {
            samples.Add((Stopwatch.GetTimestamp(), SentPackets()));
        }
        while (!process.WaitForExit(5));
        samples.Add((Stopwatch.GetTimestamp(), SentPackets()));
        var total = samples[^1].Count - samples[0].Count;
        if (total < 1000)
        {
            throw new InvalidOperationException($"{contender.Name} sent {total} packets: {error.Result}{output.Result}");
        }

        var first = samples.Find(s => s.Count - samples[0].Count >= total / 10);
        var last = samples.Find(s => s.Count - samples[0].Count >= total * 9 / 10);
        return (last.Count - first.Count, Stopwatch.GetElapsedTime(first.At, last.At).TotalSeconds);
    }

    // /sys shows the interfaces of the namespace it was mounted in; this file those of the thread's.
    private static long SentPackets()
    {
        foreach (var line in File.ReadLines("/proc/thread-self/net/dev"))
        {
            var words = line.Split((char[])[' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == Cable)
            {
                return long.Parse(words[10], CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidOperationException($"no interface {Cable}");
    }
}
