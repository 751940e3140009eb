using System.Text.Json.Serialization;
using Portolan.Model.Documents;
using Portolan.Reachability.Composing;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Documents;

namespace Portolan.Reachability.Documents;

/// <summary>Sockets at one moment, as <c>portolan.sockets/1</c> (docs/schema/portolan.sockets-1.json).</summary>
/// <param name="TakenAt">When they were read, RFC 3339.</param>
/// <param name="Host">The machine, or the lab.</param>
/// <param name="Complete">Whether nothing is missing.</param>
/// <param name="Missing">What is.</param>
/// <param name="Sources">Where each kind of socket was read from.</param>
/// <param name="OwnerSource">Where owners were found; <c>null</c> where they were not looked for.</param>
/// <param name="Sockets">The sockets, made when they are written.</param>
/// <param name="Forwards">Ports that the kernel forwards; <c>null</c> where the rules could not be read.</param>
public sealed record SocketsDocument(
    string TakenAt, string Host, bool Complete, IReadOnlyList<MissingFactRecord> Missing, IEnumerable<SocketSourceRecord> Sources,
    string? OwnerSource, IEnumerable<SocketRecord> Sockets, IEnumerable<ListedForwardRecord>? Forwards)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.sockets/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>A listing of <see cref="SocketLister"/>.</summary>
    /// <param name="listing">The listing.</param>
    /// <param name="machine">The machine that was read: it names users and services.</param>
    /// <param name="host">Its name.</param>
    public static SocketsDocument Of(SocketListing listing, Machine machine, string host)
    {
        ArgumentNullException.ThrowIfNull(listing);
        ArgumentNullException.ThrowIfNull(machine);
        return Of(
            listing.FactsFor(machine), listing.Rows, listing.Forwards.Forwards, listing.Missing(), listing.TakenAt,
            listing.Snapshot.Lab?.Name ?? host);
    }

    internal static SocketsDocument Of(
        SocketDocumentFacts facts, SocketRows rows, IReadOnlyList<PortForward>? forwards, IReadOnlyList<MissingFact> missing,
        DateTimeOffset takenAt, string host) => new(
            TimeText.Rfc3339(takenAt), host, missing.Count == 0, MissingFactRecord.Of(missing),
            facts.Snapshot.Sources.Select(SocketSourceRecord.Of), facts.Owners?.Source, Records(facts, rows),
            ListedForwardRecord.Of(forwards));

    private static IEnumerable<SocketRecord> Records(SocketDocumentFacts facts, SocketRows rows)
    {
        for (var row = 0; row < rows.Count; row++)
        {
            yield return SocketRecord.Of(facts.Snapshot.Sockets[rows[row]], facts);
        }
    }
}

/// <summary>Where kinds of sockets were read from.</summary>
/// <param name="Protocols">The kinds.</param>
/// <param name="Source">See <see cref="SocketSourceNote"/>.</param>
public sealed record SocketSourceRecord(IEnumerable<string> Protocols, string Source)
{
    /// <summary>A note as documents have it.</summary>
    public static SocketSourceRecord Of(SocketSourceNote note) =>
        new(note.Protocols.Each().Select(static protocol => protocol.Name()), note.Source);
}
