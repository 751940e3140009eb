using Portolan.Model.Invocation;

namespace Portolan.Server.Lab;

/// <summary>Finds the program of a command as a shell would, before anything is started.</summary>
internal static class CommandFinder
{
    private const string UsualPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

    /// <summary>Folders of programs that scan and configure: they are for root, which everybody is in a lab.</summary>
    private static readonly string[] RootFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

    /// <summary>The command of an invocation, its program by absolute path; empty for none.</summary>
    /// <exception cref="PortolanException">There is no such program.</exception>
    internal static IReadOnlyList<string> Find(LabInvocation invocation)
    {
        if (invocation.Command.Count == 0)
        {
            return [];
        }

        // In a checkout this program is in no folder of PATH.
        var (word, path) = (invocation.Command[0], Environment.GetEnvironmentVariable("PATH"));
        var isOwn = word == "portolan" && invocation.Self is not null && !IsInPath(word, path);
        return isOwn
            ? [.. new[] { invocation.Host, invocation.Self }.OfType<string>(), .. invocation.Command.Skip(1)]
            : [Find(word, path), .. invocation.Command.Skip(1)];
    }

    /// <summary>The absolute path of a program.</summary>
    /// <param name="word">A name, or a path when it has a slash.</param>
    /// <param name="path">Folders with colons between them; <c>null</c> for the usual ones.</param>
    /// <exception cref="PortolanException">There is none.</exception>
    internal static string Find(string word, string? path)
    {
        if (word.Contains('/', StringComparison.Ordinal))
        {
            return IsProgram(word)
                ? Path.GetFullPath(word)
                : throw Missing(word, File.Exists(word) ? "is not executable" : "does not exist");
        }

        return InPath(word, path) is { } found && word.Length > 0
            ? Path.GetFullPath(found)
            : throw Missing(word, "is not in PATH");
    }

    private static bool IsInPath(string word, string? path) => InPath(word, path) is not null;

    private static string? InPath(string word, string? path)
    {
        var folders = (path ?? UsualPath).Split(':').Select(static f => f.Length == 0 ? "." : f).Concat(RootFolders);
        return folders.Select(folder => Path.Combine(folder, word)).FirstOrDefault(IsProgram);
    }

    private static bool IsProgram(string path) =>
        File.Exists(path)
            && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    private static PortolanException Missing(string word, string why) =>
        new(
            $"the command cannot be run: {word} {why}",
            $"the words after -- are a program and its arguments, e.g. -- nmap -sS 198.18.0.0/24", ExitCode.Usage);
}
