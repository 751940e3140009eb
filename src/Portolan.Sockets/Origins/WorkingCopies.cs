using Portolan.Linux;

namespace Portolan.Sockets.Origins;

/// <summary>Finds the git working copy that a folder lies in, from git's own files (gitrepository-layout(5)), without git.</summary>
internal static class WorkingCopies
{
    private const int LongestFile = 4096;
    private const int MostFolders = 64;
    private const int ShortName = 10;
    private const string Branches = "ref: refs/heads/";

    /// <summary>The fact; <c>null</c> where the folder is in no working copy, or that cannot be read.</summary>
    public static OriginFact? Of(string? folder)
    {
        var at = folder is ['/', ..] ? folder.TrimEnd('/') : "";
        for (var i = 0; at.Length > 0 && i < MostFolders; i++)
        {
            var git = $"{at}/.git";
            if (SmallFile.Text($"{git}/HEAD", LongestFile) is { } head)
            {
                return Fact(at, $"{git}/HEAD", head);
            }

            // Of a worktree or a submodule it is a file that names the folder.
            if (SmallFile.Text(git, LongestFile) is { } link && link.StartsWith("gitdir: ", StringComparison.Ordinal))
            {
                var target = Path.Combine(at, link["gitdir: ".Length..].Trim());
                return SmallFile.Text($"{target}/HEAD", LongestFile) is { } linked ? Fact(at, $"{target}/HEAD", linked) : null;
            }

            at = at[..at.LastIndexOf('/')];
        }

        return null;
    }

    private static OriginFact Fact(string folder, string file, string head)
    {
        var text = head.Trim();
        return new OriginFact(
            "git", text.StartsWith(Branches, StringComparison.Ordinal)
                ? $"{folder}, branch {text[Branches.Length..]}"
                : $"{folder}, at commit {text[..Math.Min(ShortName, text.Length)]}",
            file);
    }
}
