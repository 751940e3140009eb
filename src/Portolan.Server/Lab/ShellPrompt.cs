namespace Portolan.Server.Lab;

/// <summary>The prompt of a shell in a lab: it names the lab and the host.</summary>
internal static class ShellPrompt
{
    /// <summary>Adds it to the environment of an interactive shell; the environment of other commands stays as it is.</summary>
    /// <param name="environment">What the command gets.</param>
    /// <param name="command">The command.</param>
    /// <param name="lab">The lab's name.</param>
    /// <param name="place">The host; <c>null</c> for the vantage.</param>
    internal static void AddTo(IDictionary<string, string> environment, IReadOnlyList<string> command, string lab, string? place)
    {
        if (!InteractiveShell.Is(command))
        {
            return;
        }

        // Debian's bashrc sets a prompt of its own, and shows this variable in front of it.
        var where = place is null ? lab : $"{lab}:{place}";
        environment["debian_chroot"] = where;
        environment["PS1"] = Path.GetFileName(command[0]) == "bash" ? $@"({where}) \u:\w\$ " : $"({where}) $ ";
    }
}

/// <summary>
/// Shells that a person works in: they start process groups of their own and share the terminal among them, and want it for themselves
/// first.
/// </summary>
internal static class InteractiveShell
{
    private static readonly string[] Names = ["sh", "dash", "ash", "bash", "ksh", "mksh", "zsh", "fish", "yash", "tcsh", "csh"];

    /// <summary>Whether a command is one: without words that would have it run something else and end.</summary>
    internal static bool Is(IReadOnlyList<string> command) =>
        command.Count > 0 && Names.Contains(Path.GetFileName(command[0]), StringComparer.Ordinal)
            && command.Skip(1).All(static word => word is "-i" or "-l" or "--login" or "--norc" or "--noprofile");
}
