using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>
/// Writes sockets as comma-separated values (RFC 4180) with the columns of <see cref="ColumnCatalog"/>, headed by their names.
/// </summary>
internal sealed class SocketCsv(SocketFacts facts, IReadOnlyList<Column> columns)
{
    private readonly Utf8Writer _cell = new();

    /// <summary>Whether to write the heading record.</summary>
    public bool Heading { get; init; } = true;

    /// <summary>Writes the rows.</summary>
    public void Write(SocketRows rows, Utf8Writer output)
    {
        var csv = new CsvWriter(output);
        if (Heading)
        {
            csv.WriteHeading([.. columns.Select(c => c.Name)]);
        }

        for (var row = 0; row < rows.Count; row++)
        {
            ref readonly var entry = ref facts.Sockets[rows[row]];
            foreach (var column in columns)
            {
                _cell.Clear();
                column.Write(entry, _cell);
                csv.WriteVisible(_cell.Written);
            }

            csv.EndRecord();
        }
    }
}
