using Portolan.Cli.Hosting;
using Portolan.Linux.Proc;
using Portolan.Model;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Charting;

/// <summary>What the commands about ports say alike: of which machine, and what is missing.</summary>
internal static class Survey
{
    /// <summary>The name of this machine.</summary>
    public static string Host => Environment.MachineName;

    /// <summary>What is missing: what the source could not read, and hidden holders.</summary>
    public static IReadOnlyList<MissingFact> Missing(MachineFacts facts, int hiddenOwners) => hiddenOwners == 0
        ? facts.Snapshot.Missing
        : [.. facts.Snapshot.Missing,
            new MissingFact(
                MissingFactCode.OwnersHidden, hiddenOwners == 1 ? "the owner of 1 port" : $"the owners of {hiddenOwners} ports",
                WhyHidden(facts.Owners))];

    /// <summary>Why owners are hidden, and what shows them.</summary>
    public static string WhyHidden(OwnerMap owners) => Words(owners.WhyHidden(IsRoot));

    internal static string Words(HiddenOwnersReason reason) => reason switch
    {
        HiddenOwnersReason.NoProc => ProcMount.NotMounted,
        HiddenOwnersReason.OtherUsers => "processes of other users are hidden: run as root to see them",
        HiddenOwnersReason.OutsidePidNamespace =>
            "processes outside this pid namespace, or outside its /proc, cannot be seen: run on the host; in Docker, docker run --pid=host",
        _ => "some processes do not let even root look",
    };

    /// <summary>Whether this is root.</summary>
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
            ErrorLines.Write(context, $"portolan: not known: {TerminalText.Escape(what)}: {TerminalText.Escape(facts.Key)}");
        }
    }
}
