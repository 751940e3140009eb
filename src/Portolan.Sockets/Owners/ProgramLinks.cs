using Portolan.Linux;

namespace Portolan.Sockets.Owners;

/// <summary>
/// Finds the symbolic link through which a program was started: one file serves under several names (redis-server, the applets of busybox).
/// </summary>
/// <remarks>
/// The kernel names a process after the path that execve(2) was given, so after the link. Where a link of that name in a folder of programs
/// leads to the very file that runs, root vouches for the name as for the file.
/// </remarks>
internal static class ProgramLinks
{
    private static readonly string[] Folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/bin", "/sbin"];

    /// <summary>The link; <c>null</c> where the file itself has that name, or none leads to it.</summary>
    /// <param name="executable">The program file, which root installed.</param>
    /// <param name="command">The name of the process as the kernel keeps it: at most 15 bytes.</param>
    public static string? Of(string executable, string command)
    {
        if (command.Length == 0 || command.Contains('/', StringComparison.Ordinal)
            || ProcessName.FileName(executable).StartsWith(command, StringComparison.Ordinal))
        {
            return null;
        }

        foreach (var folder in Folders.Prepend(Path.GetDirectoryName(executable) ?? "/"))
        {
            var link = $"{folder}/{command}";
            if (RealPath.Of(link) == executable)
            {
                return link;
            }
        }

        return null;
    }
}
