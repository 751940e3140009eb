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
