using System.Text.Json.Serialization;
using Portolan.Model.Documents;
using Portolan.Watch.Changes;
using Portolan.Watch.Documents;
using Portolan.Watch.Recording;

namespace Portolan.Web.Api;

/// <summary>Changes of this machine that a table shows.</summary>
/// <param name="TakenAt">When the store was asked, RFC 3339.</param>
/// <param name="Host">The machine.</param>
/// <param name="Complete">Whether nothing is missing.</param>
/// <param name="Missing">What is.</param>
/// <param name="Store">The store; <c>null</c> where there is none.</param>
/// <param name="FirstLook">When this machine was looked at first, RFC 3339; <c>null</c> for never.</param>
/// <param name="LastLook">When it was looked at last, RFC 3339; <c>null</c> for never.</param>
/// <param name="Total">How many changes of it there are.</param>
/// <param name="Matched">How many of them were asked for.</param>
/// <param name="Offset">How many of these stand before the first of <paramref name="Changes"/>.</param>
/// <param name="Changes">The changes.</param>
internal sealed record HistoryPage(
    string TakenAt, string Host, bool Complete, IReadOnlyList<MissingFactRecord> Missing, string? Store, string? FirstLook,
    string? LastLook, int Total, int Matched, int Offset, IReadOnlyList<ChangeRow> Changes);

/// <summary>What changed since a moment.</summary>
/// <param name="Since">The moment, RFC 3339; <c>null</c> where the store cannot be read.</param>
/// <param name="Rows">The changes, the last first, at most <see cref="StoredHistory.MostRecent"/>.</param>
/// <param name="More">Whether there are others since then.</param>
/// <param name="Missing">What of the store could not be read.</param>
internal sealed record ChangesRecord(string? Since, IReadOnlyList<ChangeRow> Rows, bool More, IReadOnlyList<MissingFactRecord> Missing);

/// <param name="At">When it was found, RFC 3339.</param>
/// <param name="PreviousLook">The last look that still saw the state before, RFC 3339; <c>null</c> where that is not known.</param>
/// <param name="Protocol">Of its ports, or <c>null</c>.</param>
/// <param name="Port">Its port; <c>null</c> unless it is one.</param>
/// <param name="Ports">Its ports as a list, or <c>null</c>.</param>
/// <param name="Namespace">The network namespace; <c>null</c> for the machine's own.</param>
/// <param name="Change">For programs, as <c>portolan history --json</c> has it.</param>
/// <param name="Text">For people. Hostile text.</param>
/// <param name="OwnerBefore">Who held the port before, or <c>null</c>. Hostile text.</param>
/// <param name="Owner">Who holds it, or <c>null</c>. Hostile text.</param>
/// <param name="ReachBefore">Who could reach it before: reachable, limited, blocked or local, or <c>null</c>.</param>
/// <param name="Reach">Who can reach it, or <c>null</c>.</param>
/// <param name="Widened">Of a bind, whether it reaches further than before.</param>
internal sealed record ChangeRow(
    string At, string? PreviousLook, string? Protocol, int? Port, string? Ports, string? Namespace, string Change, string Text,
    string? OwnerBefore, string? Owner, string? ReachBefore, string? Reach, bool Widened)
{
    /// <summary>A change as tables have it.</summary>
    internal static ChangeRow Of(StoredChange stored)
    {
        var record = StoredChangeRecord.Of(stored);
        return new ChangeRow(
            TimeText.Rfc3339(stored.FoundAt), stored.Since is { } since ? TimeText.Rfc3339(since) : null, record.Protocol, record.Port,
            record.Ports, record.Host.Namespace, record.Change, ChangeWords.Text(stored.Change, missRateBound: null), record.Before.Owner,
            record.After.Owner, record.Before.Exposure, record.After.Exposure, record.Widened);
    }
}

/// <summary>How pages of changes are written.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HistoryPage))]
internal sealed partial class HistoryDocuments : JsonSerializerContext;
