using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Reading;

/// <summary>What a result says of an address.</summary>
/// <param name="Address">The address.</param>
/// <param name="Groups">The ports that are named, by state; only valid during the call.</param>
public readonly record struct ScannedHost(InternetAddress Address, IReadOnlyList<PortGroup> Groups)
{
    /// <summary>Ports that are not named were not judged: the scan was interrupted.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Its ports say nothing: the scan gave it up.</summary>
    public bool IsGivenUp { get; init; }

    /// <summary>Ports that are not named have one of these states; <c>null</c> for any but open.</summary>
    public IReadOnlyList<(TransportProtocol Protocol, PortState State)>? Others { get; init; }

    /// <summary>The named ports that have more than a state, one by one; <c>null</c> for none, only valid during the call.</summary>
    public IReadOnlyList<PortResult>? Ports { get; init; }

    /// <summary>Whether it is up; <see cref="HostStatus.Unknown"/> where the file does not say.</summary>
    public HostStatus Status { get; init; }

    /// <summary>Why; <see cref="ReplyReason.UnknownResponse"/> where the file does not say.</summary>
    public ReplyReason Reason { get; init; }

    /// <summary>The name it was asked for by; <c>null</c> for an address.</summary>
    public string? Name { get; init; }

    /// <summary>Its reverse name; <c>null</c> when unknown or not asked for.</summary>
    public string? ReverseName { get; init; }
}

/// <summary>What a result's file says before its hosts: its parts and the command line.</summary>
/// <param name="Parts">How ports were asked and which; empty when the file does not say.</param>
/// <param name="Arguments">The words of the scanner's command line; empty when the file does not say.</param>
public sealed record ResultHead(IReadOnlyList<ScanPart> Parts, IReadOnlyList<string> Arguments)
{
    /// <summary>UDP was asked through the system's sockets.</summary>
    public bool IsConnect { get; init; }

    /// <summary>The file does not say which ports were scanned: those of the parts are the ports that it names.</summary>
    public bool IsScopeUnknown { get; init; }

    /// <summary>When the scan began; <c>null</c> when the file does not say.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The scanner, by the lower-case name of its program, such as <c>nmap</c>; <c>null</c> for Portolan.</summary>
    public string? Scanner { get; init; }

    /// <summary>The scanner by the first word of its command line, which may be a path.</summary>
    internal static string? ScannerOf(string? program) =>
        Path.GetFileName(program)?.ToLowerInvariant() is { Length: > 0 } name ? name == "portolan" ? null : name : "nmap";
}

/// <summary>What a result's file says after its hosts.</summary>
/// <param name="HostsTotal">How many hosts the scan was of; <c>null</c> when the file does not say.</param>
/// <param name="IsComplete">Hosts that the file does not name were looked at too.</param>
public readonly record struct ResultEnd(long? HostsTotal, bool IsComplete)
{
    /// <summary>How many hosts the scan found up, named or not; <c>null</c> when the file does not say.</summary>
    public long? HostsUp { get; init; }

    /// <summary>Why it is not complete, for people; <c>null</c> when complete or unknown.</summary>
    public string? Incomplete { get; init; }

    /// <summary>
    /// The bound at 95 % of the share of ports that would answer and were missed, 0 to 1; <c>null</c> when the file does not say.
    /// </summary>
    public double? MissRateBound { get; init; }
}

/// <summary>Receives a result as it is read.</summary>
public interface IResultSink
{
    /// <summary>A run begins. Called first, and again for each further run of the file.</summary>
    void Start(ResultHead head);

    /// <summary>A host; each once in a run.</summary>
    void Host(in ScannedHost host);

    /// <summary>Something that is not as it should be.</summary>
    void Note(string text);

    /// <summary>A run ends.</summary>
    void End(in ResultEnd end);
}
