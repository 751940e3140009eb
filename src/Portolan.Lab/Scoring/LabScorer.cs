using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Scan.Formats.Reading;

namespace Portolan.Lab.Scoring;

/// <summary>Judges a scanner's result by the truth of a lab.</summary>
/// <remarks>
/// Precision and recall count open ports, over the targets and ports that the result scanned. A host that the result does not name, of
/// those it scanned, has no open port for it. <c>open|filtered</c> is right for every port that is silent. Hosts are judged as they are
/// read, so memory grows with what is wrong and with the addresses that are named.
/// </remarks>
public static class LabScorer
{
    /// <summary>Scores a result.</summary>
    /// <param name="topology">The lab.</param>
    /// <param name="result">
    /// The file: nmap's XML or grepable format, masscan's JSON or list, zmap's CSV or <c>portolan.scan/1</c>; stays the caller's.
    /// </param>
    /// <param name="options">What the file does not say.</param>
    /// <exception cref="PortolanException">The file is no such result or cannot be read, or an option is wrong.</exception>
    public static LabScore Score(LabTopology topology, Stream result, ScoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(options);
        var sheet = new ScoreSheet(LabTruth.Create(topology), options);
        var format = ResultReader.Read(result, new ResultOptions
        {
            File = options.File,
            TcpPorts = options.TcpPorts,
            UdpPorts = options.UdpPorts,
            HasTargets = options.Targets.Count > 0,
        }, sheet);
        return sheet.ToScore(format);
    }
}
