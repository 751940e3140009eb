namespace Portolan.Store.Files;

/// <summary>Where the store is unless a person names a file.</summary>
public static class StoreLocation
{
    /// <summary>The file's name in its folder.</summary>
    public const string FileName = "history.db";

    /// <summary>The file itself where a path is a link: its log lies beside it, not beside the link.</summary>
    public static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            return File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // There is no such file, or a circle of links: opening it says so.
            return full;
        }
    }

    /// <summary>
    /// The path: in the service's folder (<c>STATE_DIRECTORY</c>, systemd.exec(5)), else <c>$XDG_STATE_HOME/portolan</c>, by default
    /// <c>~/.local/state/portolan</c> (XDG Base Directory Specification 0.8).
    /// </summary>
    /// <param name="environment">Reads a variable; relative paths in it do not count.</param>
    /// <exception cref="PortolanException">No variable names a folder. Exit code 2.</exception>
    public static string Find(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (environment("STATE_DIRECTORY")?.Split(':')[0] is { } service && Path.IsPathRooted(service))
        {
            return Path.Combine(service, FileName);
        }

        if (environment("XDG_STATE_HOME") is { } state && Path.IsPathRooted(state))
        {
            return Path.Combine(state, "portolan", FileName);
        }

        return environment("HOME") is { } home && Path.IsPathRooted(home)
            ? Path.Combine(home, ".local", "state", "portolan", FileName)
            : throw new PortolanException(
                "neither XDG_STATE_HOME nor HOME is an absolute path, so there is no folder for the store", $"give a file: --store "
                    + $"history.db",
                ExitCode.Usage);
    }
}
