namespace Portolan.Lab.Scenarios;

/// <summary>Packets network by network: the same packet stands once for each that it crossed, as it looked there.</summary>
internal static class CrossingTable
{
    internal static ColumnTable Lines(IEnumerable<WirePacket> crossings) => TextColumns.Lines(
        ["network", "segment", "source", "", "destination", "reaches"],
        crossings.Select(static p => (IReadOnlyList<string>)
        [
            p.Record.Segment, PacketLabel.Of(p.Record.Bytes).Split(' ')[0], p.Ends.Source, "->", p.Ends.Destination,
            p.Record.Fate == Running.Wire.PacketFate.Dropped ? $"{p.Record.To}, which drops it" : p.Record.To ?? "nobody",
        ]));
}
