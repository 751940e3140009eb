namespace Portolan.Watch.Ndiff;

/// <summary>The ports of a host in columns, with lines of scripts between them.</summary>
internal sealed class NdiffTable
{
    private readonly List<(string?[] Cells, List<string> Below)> _rows = [];
    private readonly int[] _widths = new int[5];

    /// <summary>Makes the heading.</summary>
    public NdiffTable(string mark) => AddRow(mark, "PORT", "STATE", "SERVICE", "VERSION");

    /// <summary>Adds a port: a row where both look the same, otherwise one for each side that shows it.</summary>
    public void Add(string port, NdiffPort a, NdiffPort b, bool isShownInA, bool isShownInB)
    {
        string?[] cellsA = [port, a.State ?? "unknown", a.Service, a.VersionText];
        string?[] cellsB = [port, b.State ?? "unknown", b.Service, b.VersionText];
        if (cellsA.SequenceEqual(cellsB))
        {
            AddRow([" ", .. cellsA]);
            return;
        }

        if (isShownInA)
        {
            AddRow(["-", .. cellsA]);
        }

        if (isShownInB)
        {
            AddRow(["+", .. cellsB]);
        }
    }

    /// <summary>Lines below the last row.</summary>
    public List<string> Begin() => _rows[^1].Below;

    /// <summary>Writes it.</summary>
    public void Write(Utf8Writer writer)
    {
        foreach (var (cells, below) in _rows)
        {
            var line = "";
            for (var i = 0; i < cells.Length; i++)
            {
                line += (cells[i] ?? "").PadRight(_widths[i]) + (i is 0 || i == cells.Length - 1 ? "" : " ");
            }

            NdiffText.Line(writer, line.TrimEnd());
            below.ForEach(text => NdiffText.Line(writer, text));
        }
    }

    private void AddRow(params string?[] cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            _widths[i] = Math.Max(_widths[i], cells[i]?.Length ?? 0);
        }

        _rows.Add((cells, []));
    }
}
