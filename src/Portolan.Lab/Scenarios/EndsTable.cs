namespace Portolan.Lab.Scenarios;

/// <summary>Packets with where they come from and where they go, each a line.</summary>
internal static class EndsTable
{
    internal static ColumnTable Lines(ScenarioStage stage, IEnumerable<WirePacket> packets, Func<WirePacket, string> nameOf) =>
        TextColumns.Lines(
        ["", "from", "source", "", "destination", "to"],
        packets.Select(
            p => (IReadOnlyList<string>)[
                nameOf(p), stage.Network.Directory.NameOf(p.Source) ?? "", p.Ends.Source, "->", p.Ends.Destination, p.Record.To ?? ""]));
}
