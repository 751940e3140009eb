using Portolan.Scan.Results;

namespace Portolan.Lab.Scoring;

/// <summary>What a result says of an address.</summary>
/// <param name="Address">The address.</param>
/// <param name="Groups">The ports that are named, by state; only valid while they are told.</param>
internal readonly record struct ScannedHost(InternetAddress Address, IReadOnlyList<PortGroup> Groups)
{
    /// <summary>Ports that are not named were not judged: the scan was interrupted.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Its ports say nothing: the scan gave it up.</summary>
    public bool IsGivenUp { get; init; }

    /// <summary>Ports that are not named have one of these states; <c>null</c> for any but open.</summary>
    public IReadOnlyList<(TransportProtocol Protocol, PortState State)>? Others { get; init; }
}

/// <summary>The head of a result.</summary>
/// <param name="Parts">How ports were asked and which; empty when the file does not say.</param>
/// <param name="Arguments">The words of the scanner's command line; empty when the file does not say.</param>
internal sealed record ResultHead(IReadOnlyList<ScanPart> Parts, IReadOnlyList<string> Arguments)
{
    /// <summary>UDP was asked through the system's sockets.</summary>
    public bool IsConnect { get; init; }
}

/// <summary>Hears a result as it is read.</summary>
internal interface IResultSink
{
    /// <summary>First.</summary>
    void Start(ResultHead head);

    /// <summary>A host; each once.</summary>
    void Host(in ScannedHost host);

    /// <summary>Something that is not as it should be.</summary>
    void Note(string text);

    /// <summary>Last.</summary>
    /// <param name="hostsTotal">How many hosts the scan was of; <c>null</c> when the file does not say.</param>
    /// <param name="isComplete">Hosts that the file does not name were looked at too.</param>
    void End(long? hostsTotal, bool isComplete);
}
