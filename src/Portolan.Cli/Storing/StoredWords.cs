using Portolan.Cli.Diffing;
using Portolan.Watch.Recording;

namespace Portolan.Cli.Storing;

/// <summary>What was stored, for people.</summary>
internal static class StoredWords
{
    /// <summary>A line without the program's name.</summary>
    public static string Of(RunRecorder run, bool isChart = false)
    {
        var changes = run.Changes == 0 ? "no changes" : DiffWords.Count(run.Changes, "change");
        var what = isChart ? "the chart" : DiffWords.Count(run.Looks, "host");
        return $"stored {what} in {TerminalText.Escape(run.Path)}: {changes}"
            + (run.Changes > 0 ? " (portolan history)" : "");
    }
}
