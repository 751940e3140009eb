using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Cli.Lookup;

/// <summary>Shows entries of several ports, one line for each port and what is said of it.</summary>
internal readonly struct EntryTable(IReadOnlyList<EntryGroup> groups) : ITableRows
{
    private static readonly TableColumn[] Columns =
    [
        new("PORT"),
        new("PROTOCOL"),
        new("NAME", Shrinks: true),
        new("STATUS"),
        new("CATEGORY"),
        new("DESCRIPTION", Shrinks: true),
    ];

    /// <inheritdoc/>
    public int Count => groups.Count;

    /// <summary>Writes the table; nothing for no entries.</summary>
    public static void Write(Utf8Writer output, IReadOnlyList<ServiceEntry> entries, bool color, int? width)
    {
        if (entries.Count > 0)
        {
            TextTable.Write(output, Columns, new EntryTable(EntryGroup.Of(entries)), color, width);
        }
    }

    /// <inheritdoc/>
    public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
    {
        var entry = groups[row].Entry;
        switch (column)
        {
            case 0:
                cell.Write(entry.Ports.ToString());
                return AnsiStyle.Bold;
            case 1:
                cell.Write(string.Join(',', groups[row].Protocols.Select(p => p.Name())));
                return AnsiStyle.None;
            case 2:
                cell.WriteEscaped(string.Join(", ", entry.Names.Select(n => n.Name)));
                return AnsiStyle.Blue;
            case 3:
                cell.Write(entry.Status.Name());
                return entry.Status == ServiceStatus.Assigned ? AnsiStyle.None : AnsiStyle.Dim;
            case 4:
                cell.Write(PortCategories.Name(entry.Category));
                return AnsiStyle.None;
            default:
                cell.WriteEscaped(entry.Description);
                return AnsiStyle.None;
        }
    }
}
