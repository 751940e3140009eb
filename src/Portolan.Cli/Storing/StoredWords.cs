using Portolan.Cli.Diffing;
using Portolan.Watch.Recording;

namespace Portolan.Cli.Storing;

/// <summary>What was stored, for people.</summary>
internal static class StoredWords
{
    /// <summary>A line without the program's name.</summary>
    public static string Of(RunRecorder run)
    {
        var changes = run.Changes == 0 ? "no changes" : DiffWords.Count(run.Changes, "change");
        return $"stored {DiffWords.Count(run.Looks, "host")} in {TerminalText.Escape(run.Path)}: {changes}"
            + (run.Changes > 0 ? " (portolan history)" : "");
    }
}
