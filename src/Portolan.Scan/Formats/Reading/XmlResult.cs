using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Reads nmap's XML, which masscan and Portolan write too.</summary>
internal sealed class XmlResult(IResultSink sink) : IScanObserver
{
    private const string ScannedBy = "scanned by: ";
    private readonly List<PortResult> _ports = [];

    /// <summary>Reads a file.</summary>
    /// <exception cref="Portolan.Model.PortolanException">It is not such XML.</exception>
    public static void Read(Stream input, ResultOptions options, IResultSink sink)
    {
        if (options.ReadsAllRuns)
        {
            NmapXmlReader.ReplayAll(input, options.File, [new XmlResult(sink)]);
        }
        else
        {
            new NmapXmlReader(input, options.File, [new XmlResult(sink)]).Replay(CancellationToken.None);
        }
    }

    public void Started(ScanStart run)
    {
        var line = run.Notes.FirstOrDefault(static note => note.StartsWith(ScannedBy, StringComparison.Ordinal));
        var words = line?[ScannedBy.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        sink.Start(new ResultHead(run.Parts, words)
        {
            IsConnect = run.Mode == ScanMode.Connect,
            IsScopeUnknown = run.Parts.Count > 0 && run.Parts.All(static part => part.Ports.IsEmpty),
            StartedAt = run.StartedAt == DateTimeOffset.UnixEpoch ? null : run.StartedAt,
            Scanner = ResultHead.ScannerOf(words.FirstOrDefault()),
        });
    }

    public void HostFound(HostResult host)
    {
    }

    public void PortFound(Target target, in PortResult port)
    {
    }

    public void HostFinished(HostReport report)
    {
        _ports.Clear();
        (report as Replay.ReplayedHost)?.ForEachListed(_ports.Add);
        sink.Host(new ScannedHost(report.Host.Target.Address, report.Groups)
        {
            IsPartial = report.IsPartial,
            IsGivenUp = report.IsTimedOut,
            Ports = _ports,
            Status = report.Host.Status,
            Reason = report.Host.Reason,
            Name = report.Host.Target.Name,
            ReverseName = report.ReverseName,
        });
    }

    public void Progress(ScanProgress progress)
    {
    }

    public void Warning(string message) => sink.Note(message);

    public void Ended(ScanEnd balance)
    {
        if (!balance.IsComplete)
        {
            sink.Note(balance.Incomplete ?? "the scan was interrupted");
        }

        sink.End(new ResultEnd(balance.IsComplete ? balance.HostsTotal : null, balance.IsComplete)
        {
            HostsUp = balance.HostsUp,
            Incomplete = balance.IsComplete ? null : balance.Incomplete ?? "the scan was interrupted",
        });
    }
}
