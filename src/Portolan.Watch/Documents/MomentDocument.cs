using System.Text.Json.Serialization;
using Portolan.Model.Documents;
using Portolan.Watch.Recording;

namespace Portolan.Watch.Documents;

/// <summary>What is known of a port at a moment, as <c>portolan.moment/1</c> (docs/schema/portolan.moment-1.json).</summary>
/// <param name="Store">The file. Hostile text.</param>
/// <param name="AskedAt">When it was asked, UTC.</param>
/// <param name="From">The start of the moment, UTC.</param>
/// <param name="To">Its end, which is no part of it, UTC.</param>
/// <param name="Ports">The port on each host.</param>
/// <param name="Missing">What the store lacks.</param>
public sealed record MomentDocument(
    string Store, DateTime AskedAt, DateTime From, DateTime To, IEnumerable<MomentPortRecord> Ports,
    IReadOnlyList<MissingFactRecord> Missing)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.moment/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>What was found.</summary>
    /// <param name="found">The port on each host.</param>
    /// <param name="port">The port.</param>
    /// <param name="from">The start of the moment.</param>
    /// <param name="to">Its end.</param>
    /// <param name="missing">What the store lacks.</param>
    /// <param name="store">The file that was asked.</param>
    /// <param name="askedAt">When.</param>
    public static MomentDocument Of(
        IReadOnlyList<PortMoment> found, PortNumber port, DateTimeOffset from, DateTimeOffset to, IReadOnlyList<MissingFact> missing,
        string store, DateTimeOffset askedAt) => new(
            store, askedAt.UtcDateTime, from.UtcDateTime, to.UtcDateTime, found.Select(known => MomentPortRecord.Of(known, port)),
            MissingFactRecord.Of(missing));
}

/// <summary>A port of a host at a moment.</summary>
/// <param name="Host">The host.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port.</param>
/// <param name="Observed">Whether it was looked at then.</param>
/// <param name="Then">The last look within the moment, or <c>null</c>.</param>
/// <param name="Before">The last look before it, or <c>null</c>.</param>
/// <param name="After">The first look after it, or <c>null</c>.</param>
public sealed record MomentPortRecord(
    HostNameRecord Host, string Protocol, int Port, bool Observed, PortLookRecord? Then, PortLookRecord? Before, PortLookRecord? After)
{
    /// <summary>A port as documents have it.</summary>
    public static MomentPortRecord Of(PortMoment known, PortNumber port)
    {
        ArgumentNullException.ThrowIfNull(known);
        return new MomentPortRecord(
            HostNameRecord.Of(known.Host), known.Protocol.Name(), port.Value, known.Then is not null, PortLookRecord.Of(known.Then),
            PortLookRecord.Of(known.Before), PortLookRecord.Of(known.After));
    }
}

/// <summary>One observation of a port, as documents have it.</summary>
public sealed record PortLookRecord : FactsRecord
{
    private PortLookRecord(PortLook look)
        : base(look.Facts) => (At, State) = (look.At.UtcDateTime, look.Text);

    /// <summary>When, UTC.</summary>
    public DateTime At { get; }

    /// <summary>In nmap's words, e.g. <c>open</c>.</summary>
    public string State { get; }

    /// <summary>A look as documents have it, or <c>null</c>.</summary>
    public static PortLookRecord? Of(PortLook? look) => look is null ? null : new PortLookRecord(look);
}
