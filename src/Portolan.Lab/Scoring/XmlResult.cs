using Portolan.Scan.Formats;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Lab.Scoring;

/// <summary>Reads nmap's XML, which masscan and Portolan write too.</summary>
internal sealed class XmlResult(IResultSink sink) : IScanObserver
{
    private const string ScannedBy = "scanned by: ";

    /// <summary>Reads a file.</summary>
    /// <exception cref="PortolanException">It is not such XML.</exception>
    public static void Read(Stream input, string file, IResultSink sink) =>
        new NmapXmlReader(input, file, [new XmlResult(sink)]).Replay(CancellationToken.None);

    public void Started(ScanStart run)
    {
        var line = run.Notes.FirstOrDefault(static note => note.StartsWith(ScannedBy, StringComparison.Ordinal));
        var words = line?[ScannedBy.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        sink.Start(new ResultHead(run.Parts, words) { IsConnect = run.Mode == ScanMode.Connect });
    }

    public void HostFound(HostResult host)
    {
    }

    public void PortFound(Target target, in PortResult port)
    {
    }

    public void HostFinished(HostReport report) => sink.Host(new ScannedHost(report.Host.Target.Address, report.Groups)
    {
        IsPartial = report.IsPartial,
        IsGivenUp = report.IsTimedOut,
    });

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

        sink.End(balance.IsComplete ? balance.HostsTotal : null, balance.IsComplete);
    }
}
