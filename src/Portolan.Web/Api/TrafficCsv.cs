namespace Portolan.Web.Api;

/// <summary>Rows of traffic as comma-separated values, for spreadsheets.</summary>
internal static class TrafficCsv
{
    private const int Piece = 64 * 1024;

    /// <summary>Writes them.</summary>
    internal static void Write(IEnumerable<TrafficRowRecord> rows, Stream output)
    {
        var buffer = new Utf8Writer(output, Piece);
        var csv = new CsvWriter(buffer);
        csv.WriteHeading(
            "protocol", "port", "role", "service", "name", "pid", "remote", "owners", "bytes_in_per_second", "bytes_out_per_second",
            "mean_bytes_in_per_second", "mean_bytes_out_per_second", "bytes_in", "bytes_out", "connections");
        foreach (var row in rows)
        {
            csv.WriteEscaped(row.Protocol);
            Write(csv, row.Port);
            csv.WriteEscaped(row.Role);
            csv.WriteEscaped(row.Service);
            csv.WriteEscaped(row.Name);
            Write(csv, row.Pid);
            csv.WriteEscaped(row.Remote);
            csv.WriteEscaped(string.Join(' ', row.Owners));
            Write(csv, row.InPerSecond);
            Write(csv, row.OutPerSecond);
            Write(csv, row.MeanInPerSecond);
            Write(csv, row.MeanOutPerSecond);
            Write(csv, row.BytesIn);
            Write(csv, row.BytesOut);
            Write(csv, row.Connections);
            csv.EndRecord();
        }

        buffer.Flush();
    }

    private static void Write<T>(CsvWriter csv, T? number)
        where T : struct, IUtf8SpanFormattable
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
}
