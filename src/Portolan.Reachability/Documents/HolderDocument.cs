using System.Text.Json.Serialization;
using Portolan.Model.Documents;
using Portolan.Reachability.Composing;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Documents;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Origins;

namespace Portolan.Reachability.Documents;

/// <summary>Who holds a port, as <c>portolan.holder/1</c> (docs/schema/portolan.holder-1.json).</summary>
/// <param name="TakenAt">When the sockets were read, RFC 3339.</param>
/// <param name="Host">The machine.</param>
/// <param name="Complete">Whether nothing is missing.</param>
/// <param name="Missing">What is.</param>
/// <param name="Port">The port.</param>
/// <param name="Held">Whether a process or the kernel holds it.</param>
/// <param name="Holders">Who does.</param>
/// <param name="Binds">What a bind would meet, by protocol.</param>
/// <param name="NearestFree">The nearest port that is free; <c>null</c> when there is none.</param>
/// <param name="Forwards">What forwards the port by rules; <c>null</c> where these could not be read.</param>
public sealed record HolderDocument(
    string TakenAt, string Host, bool Complete, IReadOnlyList<MissingFactRecord> Missing, int Port, bool Held,
    IEnumerable<ReachedHolderRecord> Holders, IEnumerable<BindOutlookRecord> Binds, int? NearestFree,
    IEnumerable<ListedForwardRecord>? Forwards)
{
    /// <summary>The name and version of the format.</summary>
    public const string Format = "portolan.holder/1";

    /// <summary><see cref="Format"/>.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema => Format;

    /// <summary>An answer of <see cref="HolderInquiry"/>.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="machine">The machine that was asked: it names users, packages and origins.</param>
    /// <param name="takenAt">When.</param>
    /// <param name="host">Its name.</param>
    public static HolderDocument Of(PortAnswer answer, Machine machine, DateTimeOffset takenAt, string host)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(machine);
        return Of(answer, answer.Missing, machine.Users.Name, machine.Packages, machine.OriginOf, takenAt, host);
    }

    internal static HolderDocument Of(
        PortAnswer answer, IReadOnlyList<MissingFact> missing, Func<uint, string?> userName, PackageFiles packages,
        Func<PortHolder, RunningService?, Origin> originOf, DateTimeOffset takenAt, string host)
    {
        var (facts, report, forwards, reach) = answer;
        return new HolderDocument(
            TimeText.Rfc3339(takenAt), host, missing.Count == 0, MissingFactRecord.Of(missing), report.Port.Value, report.IsHeld,
            report.Holders.Select(holder => new ReachedHolderRecord(
                HolderRecord.Of(holder, facts, userName, packages), originOf(holder, holder.Serves(facts)),
                holder.Kind == HoldKind.Listening ? reach.GetValueOrDefault(holder.Protocol) : null)),
            report.Outlooks.Select(BindOutlookRecord.Of), report.NearestFree?.Value, ListedForwardRecord.Of(forwards.Forwards));
    }
}
