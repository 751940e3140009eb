using System.Globalization;

namespace Portolan.Server.Lab;

/// <summary>Processes that are labs, or start one, as /proc shows them by their words.</summary>
internal static class LabProcesses
{
    private const string Inside = "inside";

    /// <summary>Deeper than wrappers are: a shell, sudo and its monitor, timeout.</summary>
    private const int MostLevels = 16;

    /// <summary>Words before <c>lab</c>: dotnet and a library at most.</summary>
    private const int MostBefore = 3;

    /// <summary>It adopts what has lost its parent: what is below it says nothing.</summary>
    private const int First = 1;

    /// <summary>Processes of this user that seem to be labs: each is asked.</summary>
    internal static IEnumerable<int> Own() => All().Where(static process => IsLab(process) && IsOwn(process));

    /// <summary>
    /// The processes that the user means by a number, such as a shell's <c>$!</c>: the nearest labs that were started by it, or else the
    /// process itself, which may live in one.
    /// </summary>
    internal static IReadOnlyList<int> Under(int process) =>
        Descendants(process).Select(static level => level.FindAll(IsLab)).FirstOrDefault(static labs => labs.Count > 0) ?? [process];

    /// <summary>Whether a process, or one that it started, is about to be a lab.</summary>
    internal static bool IsStarting(int process) => Descendants(process).Any(static level => level.Exists(static p => Starts(WordsOf(p))));

    /// <summary>Whether a process of this user is about to be a lab that the user names.</summary>
    internal static bool IsStarting(string topology)
    {
        var name = Path.GetFileNameWithoutExtension(topology);
        return All().Any(process => WordsOf(process) is var words && Starts(words)
            && words.TakeWhile(static w => w != "--").Any(w => Path.GetFileNameWithoutExtension(w) == name) && IsOwn(process));
    }

    private static bool IsLab(int process) => ActionOf(WordsOf(process)) == Inside;

    /// <summary>Whether these are the words of a lab for others, ready or not; one for a single command is not.</summary>
    private static bool Starts(string[] words) =>
        ActionOf(words) is "run" or Inside && !words.TakeWhile(static w => w != "--").Contains("--alone");

    /// <summary>A process, then those that it started, then those that these did, and so on.</summary>
    private static IEnumerable<List<int>> Descendants(int process)
    {
        var parents = All().Select(static p => (Process: p, Parent: ParentOf(p))).ToLookup(static p => p.Parent, static p => p.Process);
        List<int> level = [process];
        for (var i = 0; i < MostLevels && level.Count > 0; i++)
        {
            yield return level;
            if (process == First)
            {
                yield break;
            }

            level = [.. level.SelectMany(p => parents[p])];
        }
    }

    private static IEnumerable<int> All()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var process))
            {
                yield return process;
            }
        }
    }

    /// <summary>What portolan lab, or its server, was told to do: <c>run</c>, <c>inside</c>; <c>null</c> for other programs.</summary>
    private static string? ActionOf(string[] words)
    {
        var at = Array.IndexOf(words, "lab", 0, Math.Min(words.Length, MostBefore));
        return at > 0 ? words.ElementAtOrDefault(at + 1) : null;
    }

    private static string[] WordsOf(int process) => Read(process, "cmdline")?.Split('\0') ?? [];

    private static bool IsOwn(int process) =>
        StatusOf(process, "Uid:", 2) is { } user && user == StatusOf(Environment.ProcessId, "Uid:", 2);

    private static int ParentOf(int process) =>
        int.TryParse(StatusOf(process, "PPid:", 1), NumberStyles.None, CultureInfo.InvariantCulture, out var parent) ? parent : 0;

    /// <summary>A field of proc(5)'s status; of <c>Uid:</c> the second number is the effective user.</summary>
    private static string? StatusOf(int process, string name, int field) =>
        Read(
            process,
            "status")?.Split('\n').FirstOrDefault(
                line => line.StartsWith(name, StringComparison.Ordinal))?.Split('\t').ElementAtOrDefault(field);

    private static string? Read(int process, string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{file}"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ends just now, or is not shown.
            return null;
        }
    }
}
