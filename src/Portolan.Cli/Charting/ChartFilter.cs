using Portolan.Sockets.Chart;

namespace Portolan.Cli.Charting;

/// <summary>Which rows of the chart are drawn: those that any of the words means; all of them without a word.</summary>
internal sealed class ChartFilter(IReadOnlyList<PortWord> words, Func<uint, string?> userName)
{
    /// <summary>Whether rows are chosen at all.</summary>
    public bool IsSet => words.Count > 0;

    /// <summary>The words as they were typed. Hostile text.</summary>
    public string Text => string.Join(' ', words.Select(static w => w.Text));

    /// <summary>Reads the words.</summary>
    /// <exception cref="Model.PortolanException">A word is wrong.</exception>
    public static ChartFilter Of(IReadOnlyList<string> words, Func<uint, string?> userName) =>
        new([.. words.Select(PortWord.Parse)], userName);

    /// <summary>Whether a row is meant.</summary>
    public bool Matches(ChartRow row) => !IsSet || words.Any(word => word.Matches(row, userName));

    /// <summary>A chart of the rows that are meant.</summary>
    public ChartModel Apply(ChartModel chart) => IsSet ? chart with { Rows = [.. chart.Rows.Where(Matches)] } : chart;
}
