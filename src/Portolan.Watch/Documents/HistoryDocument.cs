using System.Text.Json.Serialization;
using Portolan.Model.Documents;
using Portolan.Scan.Results;
using Portolan.Watch.Recording;

namespace Portolan.Watch.Documents;

/// <summary>What the store knows, as <c>portolan.history/1</c> (docs/schema/portolan.history-1.json).</summary>
/// <param name="Store">The file. Hostile text.</param>
/// <param name="AskedAt">When it was asked, UTC.</param>
/// <param name="Hosts">The hosts that were asked for.</param>
/// <param name="Ports">The ports that were asked for.</param>
/// <param name="Changes">The changes, the latest first.</param>
/// <param name="More">Whether older changes were left out.</param>
/// <param name="Missing">What the store lacks.</param>
public sealed record HistoryDocument(
    string Store, DateTime AskedAt, IEnumerable<KnownHostRecord> Hosts, IEnumerable<KnownPortRecord> Ports,
    IEnumerable<StoredChangeRecord> Changes, bool More, IReadOnlyList<MissingFactRecord> Missing)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.history/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>An answer.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="store">The file that was asked.</param>
    /// <param name="askedAt">When.</param>
    public static HistoryDocument Of(HistoryAnswer answer, string store, DateTimeOffset askedAt)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return new HistoryDocument(
            store, askedAt.UtcDateTime, answer.Hosts.Select(KnownHostRecord.Of), answer.Ports.Select(KnownPortRecord.Of),
            answer.Changes.Select(StoredChangeRecord.Of), answer.HasMore, MissingFactRecord.Of(answer.Missing));
    }
}

/// <summary>A port that is or was open.</summary>
public sealed record KnownPortRecord : FactsRecord
{
    private KnownPortRecord(KnownPort port)
        : base(port.Facts)
    {
        Host = HostNameRecord.Of(port.Host);
        Protocol = port.Endpoint.Protocol.Name();
        Port = port.Endpoint.Port.Value;
        State = port.State.Text;
        HostStatus = port.Host.Known.Status.Name();
        FirstSeen = port.FirstSeen.UtcDateTime;
        LastSeen = port.LastSeen.UtcDateTime;
        LastChange = port.LastChange?.UtcDateTime;
    }

    /// <summary>Address and names of the host.</summary>
    public HostNameRecord Host { get; }

    /// <summary>The transport protocol in lower case, e.g. <c>tcp</c>.</summary>
    public string Protocol { get; }

    /// <summary>The number of the port, 0–65535.</summary>
    public int Port { get; }

    /// <summary>Its state at the last look at it.</summary>
    public string State { get; }

    /// <summary><c>up</c>, <c>down</c> or <c>unknown</c>.</summary>
    public string HostStatus { get; }

    /// <summary>When it was seen open first, UTC.</summary>
    public DateTime FirstSeen { get; }

    /// <summary>When it was seen open last, UTC.</summary>
    public DateTime LastSeen { get; }

    /// <summary>When something of it changed last, UTC; <c>null</c> for never.</summary>
    public DateTime? LastChange { get; }

    /// <summary>A port as documents have it.</summary>
    public static KnownPortRecord Of(KnownPort port)
    {
        ArgumentNullException.ThrowIfNull(port);
        return new KnownPortRecord(port);
    }
}
