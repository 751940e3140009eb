
namespace Portolan.Cli.Traffic;

/// <summary>Figures as a row of small bars, the highest as high as can be.</summary>
internal static class Sparkline
{
    /// <summary>Figures that one bar stands for, so that a minute has twelve bars.</summary>
    private const int Together = 5;

    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>Writes them, the oldest first; nothing where there are none.</summary>
    public static void Write(IReadOnlyList<double> figures, Utf8Writer writer)
    {
        var most = 0.0;
        foreach (var figure in figures)
        {
            most = Math.Max(most, figure);
        }

        // Bars end with the newest figure.
        var rest = figures.Count % Together;
        for (var first = rest == 0 ? 0 : rest - Together; first < figures.Count; first += Together)
        {
            var highest = 0.0;
            for (var index = Math.Max(0, first); index < first + Together; index++)
            {
                highest = Math.Max(highest, figures[index]);
            }

            writer.Write([highest <= 0 ? ' ' : Bars[(int)Math.Min(Bars.Length - 1, highest / most * Bars.Length)]]);
        }
    }
}
