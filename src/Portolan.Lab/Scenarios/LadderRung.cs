using Portolan.Lab.Running.Wire;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>An arrow of a ladder.</summary>
/// <param name="Index">Which packet of the step it is.</param>
/// <param name="Time">When it arrived, or was lost.</param>
/// <param name="From">The column it starts at.</param>
/// <param name="To">The column it goes to.</param>
/// <param name="Label">What it is.</param>
/// <param name="Arrives">Whether it gets there.</param>
/// <param name="Details">Its numbers.</param>
/// <param name="Note">What became of it.</param>
internal readonly record struct LadderRung(
    int Index, Instant Time, string From, string To, string Label, bool Arrives, string Details, string Note)
{
    /// <summary>A packet as it is drawn; <c>null</c> while it is on its way.</summary>
    internal static LadderRung? Of(
        int index, PacketRecord packet, Func<InternetAddress, string?> nameOf, PacketJourneys journeys, SegmentNumbering numbering)
    {
        var isTranslated = packet.Fate == WireOutcome.PassedOn && journeys.IsTranslatedOn(packet);
        if ((packet.Fate == WireOutcome.PassedOn && !isTranslated) || !PacketHeads.TryRead(packet.Bytes, out var heads))
        {
            return null;
        }

        var source = nameOf(heads.Source);
        var (origin, kind) = journeys.OriginOf(packet);
        var from = origin ?? source ?? packet.From;
        var wanted = nameOf(heads.Destination) ?? packet.To ?? $"{heads.Destination}";
        var (label, details) = (PacketLabel.Heading(packet.Bytes), PacketLabel.Details(packet.Bytes, numbering.Of(packet)));
        if (isTranslated)
        {
            var by = packet.To ?? wanted;
            return new LadderRung(index, packet.Time, from, by, label, Arrives: true, details, by == wanted ? "" : $"to {wanted}");
        }

        var arrives = packet.Fate is WireOutcome.Taken or WireOutcome.Refused;
        var isAtEnd = arrives || packet.To == wanted;
        var to = isAtEnd || packet.Fate is WireOutcome.Lost or WireOutcome.Nobody ? wanted : packet.To ?? wanted;
        var note = packet.Fate == WireOutcome.Taken
            ? NoteOf(kind, source, from)
            : packet.Fate == WireOutcome.Lost ? packet.Why ?? "lost" : packet.Why ?? "";
        return new LadderRung(
            index, packet.Time, from, packet.Fate == WireOutcome.Refused ? packet.To ?? to : to, label, packet.Fate == WireOutcome.Taken,
            details, note);
    }

    private static string NoteOf(PacketOrigin kind, string? source, string from) => kind switch
    {
        _ when source is null || source == from => "",
        PacketOrigin.Translated => $"translated, from {source}",
        PacketOrigin.Made => $"made by {from}, in the name of {source}",
        _ => "",
    };
}
