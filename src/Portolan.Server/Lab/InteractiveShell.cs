namespace Portolan.Server.Lab;

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
