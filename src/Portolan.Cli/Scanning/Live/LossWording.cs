using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning.Live;

/// <summary>What a run says of its losses: one short line for a clean scan, and a line more for each cause that lost something.</summary>
internal static class LossWording
{
    // Smaller losses of the path are in --json alone.
    private const double WorthALine = 0.005;

    /// <summary>The lines.</summary>
    public static IEnumerable<string> Of(ScanEnd end)
    {
        if (end.Losses is not { } losses)
        {
            if (end.MissRateBound is { } bound)
            {
                yield return bound > 0
                    ? $"Missed at most {ScanWording.Percent(bound)} of ports that would answer (95 %)" : "Missed no ports: all answered";
            }

            if (end.ProbeLoss is { } lost and >= WorthALine)
            {
                yield return $"Path: about {ScanWording.Percent(lost)} of probes or answers lost";
            }

            yield break;
        }

        yield return Missed(losses);
        if (Unfinished(losses) is { Length: > 0 } unfinished)
        {
            yield return $"Not finished: {unfinished}; each may have been missed";
        }

        if (losses.Path is { Loss: { } loss and >= WorthALine, Bound: { } most })
        {
            yield return $"Path: about {ScanWording.Percent(loss)} of probes or answers lost, at most {ScanWording.Percent(most)} (95 %)";
        }

        if (losses.Limits is { Hosts: > 0 } limits)
        {
            yield return $"Host limits: {ScanWording.Count((ulong)limits.Hosts, "host")} held back answers"
                + (limits.UnsettledPorts > 0
                ? $"; {ScanWording.Count((ulong)limits.UnsettledPorts, "silent port")} may be closed (a higher --max-retries decides)"
                : "");
        }

        if (losses.StoppedHosts > 0)
        {
            yield return $"Stopped: {ScanWording.Count((ulong)losses.StoppedHosts, "host")} answered and then stopped; "
                + "they may block this scanner";
        }

        if (losses.Local.Dropped > 0)
        {
            yield return $"This machine: full queues dropped {ScanWording.Count((ulong)losses.Local.Dropped, "packet")}";
        }
    }

    private static string Unfinished(ScanLosses losses) => string.Join(
        " and ", new[] { (losses.Ports.Unfinished, "port"), (losses.Hosts?.Unfinished ?? 0, "host") }
            .Where(static count => count.Item1 > 0).Select(static count => ScanWording.Count((ulong)count.Item1, count.Item2)));

    private static string Missed(ScanLosses losses)
    {
        var figures = new List<(string Noun, MissFigure Figure)>();
        if (!losses.Ports.IsEmpty)
        {
            figures.Add(("ports", losses.Ports));
        }

        if (losses.Hosts is { } hosts && (figures.Count == 0 || hosts.Silent > 0 || hosts.Unfinished > 0))
        {
            figures.Add(("hosts", hosts));
        }

        var told = figures.Where(static f => f.Figure.Bound is > 0)
            .Select(static f => $"{ScanWording.Percent(f.Figure.Bound!.Value)} of {f.Noun}").ToList();
        var unknown = figures.Where(static f => f.Figure.Bound is null)
            .Select(static f => $"of {f.Noun} is unknown ({f.Figure.Unknown})").ToList();
        return (told.Count, unknown.Count) switch
        {
            (0, 0) when figures.Count == 0 => "What was missed is unknown (nothing answered)",
            (0, 0) => $"Missed no {figures[0].Noun}: all answered",
            (0, _) => $"What was missed {string.Join(", ", unknown)}",
            (_, 0) => $"Missed at most {string.Join(" and ", told)} that would answer (95 %)",
            _ => $"Missed at most {string.Join(" and ", told)} that would answer (95 %); what was missed {string.Join(", ", unknown)}",
        };
    }
}
