using Portolan.Model;

namespace Portolan.Scan.Formats.Reading;

/// <summary>What the person says of a result besides the file.</summary>
public sealed record ResultOptions
{
    /// <summary>The file's name in messages.</summary>
    public string File { get; init; } = "the result";

    /// <summary>The TCP ports that were scanned; <c>null</c> for those that the file says, or that it names.</summary>
    public PortSet? TcpPorts { get; init; }

    /// <summary>The UDP ports that were scanned; <c>null</c> for those that the file says, or that it names.</summary>
    public PortSet? UdpPorts { get; init; }

    /// <summary>The person named the targets: an empty file is a scan without answers.</summary>
    public bool HasTargets { get; init; }

    /// <summary>
    /// A file may hold several runs, one after the other; otherwise the first counts, and a second XML document is an error.
    /// </summary>
    public bool ReadsAllRuns { get; init; }
}
