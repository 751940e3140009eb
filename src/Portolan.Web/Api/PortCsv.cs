using Portolan.Sockets.Chart;
using Portolan.Sockets.Documents;

namespace Portolan.Web.Api;

/// <summary>Rows of the chart as comma-separated values, for spreadsheets: a line for each port, protocol and owner.</summary>
internal static class PortCsv
{
    private const int Piece = 64 * 1024;

    /// <summary>Writes them.</summary>
    internal static void Write(IEnumerable<ChartRow> rows, MachineFacts facts, Stream output)
    {
        var buffer = new Utf8Writer(output, Piece);
        var csv = new CsvWriter(buffer);
        csv.WriteHeading(
            "port", "protocol", "binds", "owner_kind", "owner", "pids", "service", "identified", "exposure", "decision", "from", "rule",
            "connections", "bytes_in", "bytes_out");
        foreach (var row in rows)
        {
            Write(csv, row, facts);
            csv.EndRecord();
        }

        buffer.Flush();
    }

    private static void Write(CsvWriter csv, ChartRow row, MachineFacts facts)
    {
        csv.Write(row.Port.Value);
        csv.Write(row.Protocol.Name());
        csv.WriteEscaped(string.Join(' ', BindRecord.Of(row.Binds, facts, row.NamespaceIndex).Select(Text)));
        csv.Write(row.Owner.Kind.Name());
        csv.WriteEscaped(row.Owner.Name);
        csv.WriteEscaped(string.Join(' ', row.Owner.Processes.Select(static p => p.Pid)));
        csv.WriteEscaped(row.Service);
        csv.WriteEscaped(row.Running?.Label);
        csv.Write(row.Exposure.Name());
        csv.Write(row.Verdict.Decision.Name());
        csv.WriteEscaped(string.Join(' ', row.Verdict.From));
        csv.WriteEscaped(row.Verdict.Rule);
        csv.Write(row.Connections);
        Write(csv, row.BytesIn);
        Write(csv, row.BytesOut);
    }

    private static void Write(CsvWriter csv, ulong? number)
    {
        if (number is { } value)
        {
            csv.Write(value);
        }
        else
        {
            csv.WriteEmpty();
        }
    }

    private static string Text(BindRecord bind) => bind.Interface is null ? bind.Address : $"{bind.Address}%{bind.Interface}";
}
