using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>The table of ports that the kernel forwards for <c>portolan forward --kernel</c>, below the sockets.</summary>
internal static class ListedForwards
{
    private static readonly TableColumn[] Columns = [
        new("PROTO"), new("FORWARDED BY THE KERNEL"), new("TO"), new("ONLY FROM"), new("OWNER")];

    /// <summary>Writes them below the sockets.</summary>
    public static void Write(Utf8Writer output, IReadOnlyList<PortForward> forwards, bool color)
    {
        if (forwards.Count > 0)
        {
            output.WriteLine();
            TextTable.Write(output, Columns, new Cells(forwards), color, null);
        }
    }

    private readonly struct Cells(IReadOnlyList<PortForward> forwards) : ITableRows
    {
        public int Count => forwards.Count;

        public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
        {
            var forward = forwards[row];
            cell.WriteEscaped(column switch
            {
                0 => forward.Protocol.Name(),
                1 => forward.Listen,
                2 => forward.Targets.Count == 0 ? "no target that is up" : string.Join(", ", forward.Targets),
                3 => forward.Sources.Count == 0 ? "" : string.Join(", ", forward.Sources),
                _ => forward.HeldBy,
            });
            return AnsiStyle.None;
        }
    }
}
