using System.Text.Json.Serialization;
using Portolan.Model.Documents;

namespace Portolan.Web.Api;

/// <summary>Traffic since a page began to look.</summary>
/// <param name="TakenAt">When it was looked last, RFC 3339.</param>
/// <param name="Host">The machine.</param>
/// <param name="Complete">Whether nothing is missing.</param>
/// <param name="Missing">What is.</param>
/// <param name="BeganAt">When counting began, RFC 3339.</param>
/// <param name="Elapsed">How long was counted; seconds.</param>
/// <param name="Look">Which look it was since then.</param>
/// <param name="Method"><c>tracepoints</c> or <c>polling</c>.</param>
/// <param name="By">What rows are.</param>
/// <param name="Filter">Which sockets they are of, or <c>null</c>.</param>
/// <param name="Lost">What counting is known to have missed.</param>
/// <param name="Total">How many rows there are.</param>
/// <param name="Times">When the last looks were; seconds of Unix time, the oldest first.</param>
/// <param name="Rows">The rows, those that carried most first.</param>
/// <param name="Links">The ways that the bytes took.</param>
internal sealed record TrafficPage(
    string TakenAt, string Host, bool Complete, IReadOnlyList<MissingFactRecord> Missing, string BeganAt, double Elapsed, int Look,
    string Method, string By, string? Filter, TrafficLostRecord Lost, int Total, IReadOnlyList<double> Times,
    IReadOnlyList<TrafficRowRecord> Rows, TrafficLinksRecord Links);

/// <summary>What counting missed.</summary>
/// <param name="Calls">Calls and connections that there was no room for.</param>
/// <param name="Overruns">How often the kernel dropped reports of connections that ended.</param>
/// <param name="Unreported">Connections whose last bytes are not known.</param>
/// <param name="Connections">Connections that were never seen; <c>null</c> where that is not known.</param>
internal sealed record TrafficLostRecord(ulong Calls, int Overruns, int Unreported, long? Connections);

/// <summary>A row. Figures are payload bytes; what cannot be counted is <c>null</c>.</summary>
/// <param name="Key">What names it, for programs.</param>
/// <param name="Protocol">The protocol of a port, or <c>null</c>.</param>
/// <param name="Port">The port that was dialled, or <c>null</c>.</param>
/// <param name="Role"><c>server</c> for a port of this machine, <c>client</c> for one of another; <c>null</c> where not known.</param>
/// <param name="Service">The registered service of the port, or <c>null</c>.</param>
/// <param name="Name">The name of a process, unit, container, user or interface, or <c>null</c>. Hostile text.</param>
/// <param name="Pid">The process, or <c>null</c>.</param>
/// <param name="Remote">The remote address, or <c>null</c>.</param>
/// <param name="Owners">Names of programs, those that carried most first. Hostile text.</param>
/// <param name="InPerSecond">Bytes received in a second, since the look before.</param>
/// <param name="OutPerSecond">Bytes sent in a second.</param>
/// <param name="MeanInPerSecond">Bytes received in a second, since counting began.</param>
/// <param name="MeanOutPerSecond">Bytes sent in a second.</param>
/// <param name="BytesIn">Bytes received since counting began.</param>
/// <param name="BytesOut">Bytes sent.</param>
/// <param name="Connections">Connections that are open; <c>null</c> for datagrams.</param>
/// <param name="Rates">Bytes in a second, both ways, at the last looks; <c>null</c> is a gap. Empty for all but the first rows.</param>
internal sealed record TrafficRowRecord(
    string Key, string? Protocol, int? Port, string? Role, string? Service, string? Name, int? Pid, string? Remote,
    IReadOnlyList<string> Owners, double? InPerSecond, double? OutPerSecond, double? MeanInPerSecond, double? MeanOutPerSecond,
    ulong? BytesIn, ulong? BytesOut, int? Connections, IReadOnlyList<double?> Rates);

/// <summary>A picture of flows: from programs over dialled ports to remote addresses.</summary>
/// <param name="Nodes">Programs, ports and addresses, at most twelve of each.</param>
/// <param name="Links">What flows between them.</param>
internal sealed record TrafficLinksRecord(IReadOnlyList<TrafficNodeRecord> Nodes, IReadOnlyList<TrafficLinkRecord> Links);

/// <summary>A program, a port or an address.</summary>
/// <param name="Stage"><c>process</c>, <c>port</c> or <c>remote</c>.</param>
/// <param name="Name">The program or the address; <c>null</c> where it is not known. Hostile text.</param>
/// <param name="Protocol">The protocol of a port, or <c>null</c>.</param>
/// <param name="Port">The port, or <c>null</c>.</param>
/// <param name="Role">Of a port: <c>server</c> or <c>client</c>, or <c>null</c>.</param>
/// <param name="Service">Its registered service, or <c>null</c>.</param>
/// <param name="Others">How many others stand together here; 0 for a node of its own.</param>
/// <param name="Bytes">Bytes since counting began, both ways.</param>
internal sealed record TrafficNodeRecord(
    string Stage, string? Name, string? Protocol, int? Port, string? Role, string? Service, int Others, ulong Bytes);

/// <summary>What flows between two nodes.</summary>
/// <param name="From">The position of the first in the nodes.</param>
/// <param name="To">The position of the second.</param>
/// <param name="Bytes">Bytes since counting began, both ways.</param>
internal sealed record TrafficLinkRecord(int From, int To, ulong Bytes);

/// <summary>How documents about traffic are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TrafficPage))]
internal sealed partial class TrafficDocuments : JsonSerializerContext;
