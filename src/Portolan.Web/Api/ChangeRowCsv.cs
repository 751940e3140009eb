namespace Portolan.Web.Api;

/// <summary>Changes as comma-separated values, for spreadsheets.</summary>
internal static class ChangeRowCsv
{
    private const int Piece = 64 * 1024;

    /// <summary>Writes them.</summary>
    internal static void Write(IEnumerable<ChangeRow> rows, Stream output)
    {
        var buffer = new Utf8Writer(output, Piece);
        var csv = new CsvWriter(buffer);
        csv.WriteHeading(
            "found_at", "previous_look", "protocol", "ports", "namespace", "change", "what", "owner_before", "owner", "reach_before",
            "reach");
        foreach (var row in rows)
        {
            csv.Write(row.At);
            csv.Write(row.PreviousLook);
            csv.Write(row.Protocol);
            csv.Write(row.Ports);
            csv.WriteEscaped(row.Namespace);
            csv.Write(row.Change);
            csv.WriteEscaped(row.Text);
            csv.WriteEscaped(row.OwnerBefore);
            csv.WriteEscaped(row.Owner);
            csv.WriteEscaped(row.ReachBefore);
            csv.WriteEscaped(row.Reach);
            csv.EndRecord();
        }

        buffer.Flush();
    }
}
