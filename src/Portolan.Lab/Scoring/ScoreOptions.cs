using Portolan.Transport;

namespace Portolan.Lab.Scoring;

/// <summary>What the person says of a result besides the file.</summary>
public sealed record ScoreOptions
{
    /// <summary>The file's name in messages.</summary>
    public string File { get; init => field = Allowed.NotNull(value); } = "the result";

    /// <summary>
    /// The addresses that were scanned, in nmap's words (addresses, prefixes, octet ranges) or names of the lab; empty for those that the
    /// file names, and those that its own command line names when they are as many as it says it scanned.
    /// </summary>
    public IReadOnlyList<string> Targets { get; init => field = Allowed.NotNull(value); } = [];

    /// <summary>The TCP ports that were scanned; <c>null</c> for those that the file says, or that it has results of.</summary>
    public PortSet? TcpPorts { get; init; }

    /// <summary>The UDP ports that were scanned; <c>null</c> for those that the file says, or that it has results of.</summary>
    public PortSet? UdpPorts { get; init; }

    /// <summary>The most hosts with wrong ports that are listed; the rest are counted.</summary>
    public int MostHosts { get; init => field = Allowed.AtLeast(1, value); } = 10_000;
}
