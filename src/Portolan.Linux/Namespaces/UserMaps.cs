using System.Globalization;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>Says who is who in a new user namespace (user_namespaces(7), "User and group ID mappings").</summary>
internal static class UserMaps
{
    /// <summary>Writes the maps of a process that waits for them.</summary>
    /// <remarks>
    /// Root maps everybody to himself, so that root inside may read what root outside may. An ordinary user may map only himself, as root,
    /// and must give up setgroups(2) for it.
    /// </remarks>
    /// <returns>0, or the error number.</returns>
    internal static int Write(int pid)
    {
        var user = Libc.geteuid();
        var group = Libc.getegid();
        if (user == 0 && WriteFile(pid, "uid_map", Everybody("uid_map")) == 0 && WriteFile(pid, "gid_map", Everybody("gid_map")) == 0)
        {
            return 0;
        }

        // Before Linux 3.19 there was no such file, and no need for it.
        var errno = WriteFile(pid, "setgroups", "deny");
        if (errno is not 0 and not Errno.NoEntry)
        {
            return errno;
        }

        errno = WriteFile(pid, "uid_map", Only(user));
        return errno != 0 ? errno : WriteFile(pid, "gid_map", Only(group));
    }

    /// <summary>The lines that map each id of the caller's namespace to itself.</summary>
    private static string Everybody(string file)
    {
        var lines = new System.Text.StringBuilder();
        foreach (var line in File.ReadLines("/proc/self/" + file))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            lines.Append(CultureInfo.InvariantCulture, $"{words[0]} {words[0]} {words[2]}\n");
        }

        return lines.ToString();
    }

    private static string Only(uint id) => string.Create(CultureInfo.InvariantCulture, $"0 {id} 1\n");

    private static int WriteFile(int pid, string name, string text)
    {
        try
        {
            File.WriteAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{name}"), text);
            return 0;
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.NotPermitted;
        }
        catch (FileNotFoundException)
        {
            return Errno.NoEntry;
        }
        catch (IOException exception)
        {
            // Unix error numbers are in the low bits of what the framework makes of them.
            return exception.HResult is > 0 and < 4096 ? exception.HResult : Errno.InvalidArgument;
        }
    }
}
