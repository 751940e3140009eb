using Portolan.Linux;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Origins;
using Portolan.Web.Feed;

namespace Portolan.Web.Api;

/// <summary>What of a reading needs attention, for the overview.</summary>
internal static class Attention
{
    private const int Most = 20;

    /// <summary>How many rows are looked at for what deserves attention about their programs; of each, folders are looked up.</summary>
    private const int MostPrograms = 500;

    /// <summary>Finds it.</summary>
    internal static IReadOnlyList<AttentionRecord> In(ChartView view) =>
    [
        .. view.Chart.Warnings.Select(static w => new AttentionRecord(w.Code, "warning", w.Text, null, null, null)),
        .. view.Chart.Rows.Where(static r => r.Owner.Kind == OwnerKind.None && r.Exposure == PortExposure.Reachable).Select(
            static r => Of(r, "unowned-port", "notice", "Every machine can reach a socket that belongs to no process.")).Take(Most),
        .. view.Chart.Rows.Where(static r => r.IsOwnNamespace && r.Exposure is PortExposure.Reachable or PortExposure.Limited)
            .Take(MostPrograms).SelectMany(Programs).Take(Most),
        .. view.Chart.Rows.Where(static r => r.Notes.Count > 0 && r.IsOwnNamespace).SelectMany(
            static r => r.Notes.Select(note => Of(r, "port-note", "notice", note))).Take(Most),
        .. view.Chart.Rows.Where(r => !view.IsJudging && r.Exposure == PortExposure.Unknown && r.IsOwnNamespace).Take(1).Select(
            row => new AttentionRecord(
                "reach-unknown", "notice", $"Who can reach {view.Totals.Unknown} of the ports is not known.", null, null,
                "sudo portolan serve")),
    ];

    // One entry for a port, whatever there is about its program.
    private static IEnumerable<AttentionRecord> Programs(ChartRow row)
    {
        var warnings = OriginWarnings.Of(row.Owner, row.Port, row.Binds, row.Running, RealPath.PermissionsOf);
        return warnings.Count == 0
            ? []
            : [Of(row, warnings[0].Code, "warning", $"{row.Owner.InSentence}: {string.Join("; ", warnings.Select(static w => w.Text))}.")];
    }

    private static AttentionRecord Of(ChartRow row, string code, string severity, string text) =>
        new(code, severity, text, row.Protocol.Name(), row.Port.Value, $"portolan who {row.Port.Value}/{row.Protocol.Name()}");
}
