using Portolan.Sockets.Chart;

namespace Portolan.Sockets.Documents;

/// <summary>A row of the chart, as <c>portolan.chart/1</c> has it.</summary>
/// <param name="Port">The port.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Binds">The distinct binds.</param>
/// <param name="Owner">Who holds it.</param>
/// <param name="Owners">The processes; <c>null</c> where privilege hides them.</param>
/// <param name="Service">IANA's name of the port, or <c>null</c>.</param>
/// <param name="Identified">What runs there; <c>null</c> where nothing but the number says so.</param>
/// <param name="ServiceState">The result of identification; <c>null</c> if it was not requested.</param>
/// <param name="ServiceReason">Why it was not asked, or <c>null</c>.</param>
/// <param name="Reply">What an unknown service said first, or <c>null</c>.</param>
/// <param name="Exposure">Who can reach it: see <see cref="VerdictNames"/>.</param>
/// <param name="Verdict">The firewall's verdict.</param>
/// <param name="Connections">Connections that are open now.</param>
/// <param name="BytesIn">Payload received on them; <c>null</c> where the kernel does not count.</param>
/// <param name="BytesOut">Payload sent on them.</param>
/// <param name="Namespace">The network namespace; <c>null</c> for the caller's own. Hostile text.</param>
/// <param name="Forward">Where the kernel forwards its packets, or <c>null</c>.</param>
/// <param name="Notes">What deserves a line below the row.</param>
public sealed record ChartRowRecord(
    int Port, string Protocol, IEnumerable<BindRecord> Binds, OwnerRecord Owner, IEnumerable<ProcessRecord>? Owners, string? Service,
    RunningRecord? Identified, string? ServiceState, string? ServiceReason, string? Reply, string Exposure, VerdictRecord Verdict,
    int Connections, ulong? BytesIn, ulong? BytesOut, string? Namespace, ForwardRecord? Forward, IReadOnlyList<string> Notes)
{
    /// <summary>A row as documents have it.</summary>
    public static ChartRowRecord Of(ChartRow row, MachineFacts facts)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(facts);
        return new ChartRowRecord(
            row.Port.Value, row.Protocol.Name(), BindRecord.Of(row.Binds, facts, row.NamespaceIndex), OwnerRecord.Of(row.Owner),
            OwnerRecord.ProcessesOf(row.Owner), row.Service, RunningRecord.Of(row.Running), row.Inquiry?.State, row.Inquiry?.Reason,
            row.Inquiry?.Reply, row.Exposure.Name(), VerdictRecord.Of(row.Verdict), row.Connections, row.BytesIn, row.BytesOut,
            row.IsOwnNamespace ? null : facts.Snapshot.Namespaces[row.NamespaceIndex].LabelOrUnknown, ForwardRecord.Of(row.Forward),
            row.Notes);
    }
}

/// <summary>The firewall's verdict on a port. Texts may name chains: hostile text.</summary>
/// <param name="Decision">What happens to a new connection: see <see cref="VerdictNames"/>.</param>
/// <param name="Proof">How sure that is.</param>
/// <param name="From">Prefixes of the senders that get in.</param>
/// <param name="Partly">Prefixes of those of whose ordinary packets a part gets in.</param>
/// <param name="PartlyHow">Which part, or <c>null</c>.</param>
/// <param name="Undecided">Prefixes of those of whom it is not known.</param>
/// <param name="IsCut">Whether one of these lists stops before its end.</param>
/// <param name="Limit">The limit within which they get in, or <c>null</c>.</param>
/// <param name="Exceptions">What becomes of packets that no ordinary client sends, where that differs.</param>
/// <param name="Rule">The rule that decides, or <c>null</c>.</param>
/// <param name="Summary">The same in a few words; <c>null</c> where nothing was judged.</param>
public sealed record VerdictRecord(
    string Decision, string Proof, IReadOnlyList<string> From, IReadOnlyList<string> Partly, string? PartlyHow,
    IReadOnlyList<string> Undecided, bool IsCut, string? Limit, IReadOnlyList<string> Exceptions, string? Rule, string? Summary)
{
    /// <summary>A verdict as documents have it.</summary>
    public static VerdictRecord Of(PortVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return new VerdictRecord(
            verdict.Decision.Name(), verdict.Proof.Name(), verdict.From, verdict.Partly, verdict.PartlyHow, verdict.Undecided,
            verdict.IsCut, verdict.Limit, verdict.Exceptions, verdict.Rule, verdict.Summary.Length > 0 ? verdict.Summary : null);
    }
}
