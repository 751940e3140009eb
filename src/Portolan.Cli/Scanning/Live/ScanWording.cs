using System.Globalization;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning.Live;

/// <summary>Numbers and sentences about a run for people.</summary>
internal static class ScanWording
{
    /// <summary>A number with separators: <c>65,535</c>.</summary>
    public static string Count(ulong value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number and a noun in the right form: <c>1 host</c>, <c>256 hosts</c>.</summary>
    public static string Count(ulong value, string noun) => $"{Count(value)} {noun}{(value == 1 ? "" : "s")}";

    /// <summary>A latency with three digits: <c>0.214 ms</c>, <c>21.4 ms</c>, <c>1.25 s</c>.</summary>
    public static string Latency(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.000} ms"),
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.00} ms"),
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s"),
    };

    /// <summary>A duration: <c>0.42 s</c> below ten seconds, <c>4m10s</c> above.</summary>
    public static string Duration(TimeSpan time) =>
        time.TotalSeconds < 10
            ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s")
            : new ShortDuration(time).ToString();

    /// <summary>
    /// A bound as percent, rounded up, with as many digits as it deserves: <c>12 %</c>, <c>1.3 %</c>, <c>0.04 %</c>, <c>0.001 %</c>.
    /// </summary>
    public static string Percent(double part)
    {
        var percent = part * 100;
        var step = percent >= 10 ? 1 : percent >= 1 ? 0.1 : percent >= 0.1 ? 0.01 : 0.001;
        return string.Create(
            CultureInfo.InvariantCulture, $"{Math.Min(100, Math.Max(1, Math.Ceiling((percent / step) - 1e-9)) * step):0.###} %");
    }

    /// <summary>Why a port or host has its state: <c>reset ttl 64</c>, <c>admin-prohibited ttl 63 from 198.18.0.9</c>.</summary>
    public static string Reason(ReplyReason reason, byte timeToLive, InternetAddress? from)
    {
        var text = timeToLive == 0 ? reason.Name() : string.Create(CultureInfo.InvariantCulture, $"{reason.Name()} ttl {timeToLive}");
        return from is { } address ? $"{text} from {address}" : text;
    }

    /// <summary>Where a run stands, in plain ASCII: <c>SYN scan 42% done, 12,345 probes/s, 3 open, about 12s left</c>.</summary>
    public static string Progress(ScanProgress progress)
    {
        var pass = progress.Pass > 1 ? string.Create(CultureInfo.InvariantCulture, $", pass {progress.Pass}") : "";
        var left = progress.Remaining is { } time ? $", about {new ShortDuration(time)} left" : "";
        var done = Math.Floor(progress.Done * 100);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{progress.Stage} {done:0}% done{pass}, {progress.ProbesPerSecond:N0} probes/s, {progress.OpenPorts:N0} open{left}");
    }

    /// <summary>The head of a run: <c>Raw packets (CAP_NET_RAW): 256 hosts, 256,000 probes, seed 7</c>.</summary>
    /// <param name="run">The head.</param>
    /// <param name="sendsNothing">It is a list.</param>
    public static string Head(ScanStart run, bool sendsNothing)
    {
        if (sendsNothing)
        {
            return $"{Count(run.Hosts, "target")}: {run.Why}";
        }

        var mode = run.Mode == ScanMode.Raw ? "raw packets" : "the system's connections";
        var probes = run.ProbesPlanned > 0 ? $", {Count(run.ProbesPlanned, "probe")}" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"{Count(run.Hosts, "target")}{probes}, with {mode}: {run.Why}; seed {run.Seed}");
    }

    /// <summary>The balance of a run, a sentence in each line.</summary>
    public static IEnumerable<BalanceLine> Balance(ScanEnd end, bool sendsNothing)
    {
        if (sendsNothing)
        {
            yield return new($"{Count((ulong)end.HostsTotal, "target")}; nothing was sent to them");
            yield break;
        }

        yield return new($"{Count((ulong)end.HostsUp, "host")} up of {Count((ulong)end.HostsTotal)}, scanned in {Duration(end.Elapsed)}");
        yield return new(Probes(end));
        foreach (var line in LossWording.Of(end))
        {
            yield return new(line);
        }

        if (!end.IsComplete)
        {
            yield return new(
                $"Incomplete: {end.Incomplete ?? "not all was scanned"}. A missing port was not scanned; it is not necessarily closed",
                IsWarning: true);
        }
    }

    // The ports' own probes; those that find hosts, controls and traces apart. Where no port is probed all are such.
    private static string Probes(ScanEnd end)
    {
        var held = end.NotSent > 0 ? $"; {Count((ulong)end.NotSent, "attempt")} could not leave this host at first" : "";
        if (end.ProbesPlanned == 0)
        {
            return $"{Count((ulong)end.ProbesSent, "probe")} sent{Again(end.Retries)}, {Count((ulong)end.Replies)} answered{held}";
        }

        var beside = end.Beside;
        var more = beside.Sent == 0
            ? ""
            : $"; {Count((ulong)beside.Sent)} more to find hosts and as controls, {Count((ulong)beside.Replies)} answered";
        var own =
            $"{Count((ulong)(end.ProbesSent - beside.Sent))} sent{Again(end.Retries - beside.Retries)}, "
                + $"{Count((ulong)(end.Replies - beside.Replies))} answered";
        return $"{Count(end.ProbesPlanned, "probe")} planned, {own}{more}{held}";
    }

    private static string Again(long retries) => retries > 0 ? $" ({Count((ulong)retries)} of them again)" : "";
}

/// <summary>A line of a run's balance.</summary>
/// <param name="Text">The sentence.</param>
/// <param name="IsWarning">Whether it says that the result cannot be relied on.</param>
internal readonly record struct BalanceLine(string Text, bool IsWarning = false);
