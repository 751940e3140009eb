using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Charting;

/// <summary>What the commands about ports say alike: of which machine, and what is missing.</summary>
internal static class Survey
{
    /// <summary>The name of this machine.</summary>
    public static string Host => Environment.MachineName;

    public static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>Says it on stderr; on a terminal between words in lines that fit.</summary>
    public static void Report(CommandContext context, IReadOnlyList<MissingFact> missing)
    {
        if (missing.Count == 0)
        {
            return;
        }

        // What is missing for one reason is one line.
        foreach (var facts in missing.GroupBy(static m => m.Why, StringComparer.Ordinal))
        {
            var what = string.Join(", ", facts.Select(static m => m.What).Distinct(StringComparer.Ordinal));
            ErrorLines.Write(context, $"portolan: unknown: {TerminalText.Escape(what)}: {TerminalText.Escape(facts.Key)}");
        }
    }
}
