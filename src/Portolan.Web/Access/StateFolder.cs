using System.Security.Cryptography;

namespace Portolan.Web.Access;

/// <summary>
/// The folder in which one server keeps what must outlive it: sessions, tokens, links that were not opened. Only its user may read it
/// (0700, files 0600). Secrets are in it as hashes only.
/// </summary>
/// <param name="path">The folder.</param>
internal sealed class StateFolder(string path)
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where systemd keeps the state of services.</summary>
    private const string System = "/var/lib/portolan";

    /// <summary>The folder.</summary>
    internal string Path { get; } = path;

    /// <summary>
    /// The folders in which the server of an address may keep its state, the most likely first: that of the service
    /// (<c>STATE_DIRECTORY</c>, systemd.exec(5)), else <c>$XDG_STATE_HOME/portolan</c>, by default <c>~/.local/state/portolan</c>.
    /// </summary>
    /// <param name="name">The name of the server: see <see cref="Hosting.ListenAddress.FileName"/>.</param>
    /// <param name="environment">Reads a variable; relative paths in it do not count.</param>
    /// <exception cref="PortolanException">No variable names a folder.</exception>
    internal static IReadOnlyList<StateFolder> Find(string name, Func<string, string?> environment)
    {
        if (environment("STATE_DIRECTORY")?.Split(':')[0] is { } service && global::System.IO.Path.IsPathRooted(service))
        {
            return [In(service)];
        }

        var home = environment("XDG_STATE_HOME") is { } state && global::System.IO.Path.IsPathRooted(state) ? state
            : environment("HOME") is { } user && global::System.IO.Path.IsPathRooted(user)
                ? global::System.IO.Path.Combine(user, ".local", "state")
            : throw new PortolanException(
                "neither XDG_STATE_HOME nor HOME is an absolute path, so there is no folder for sessions",
                $"set the variable STATE_DIRECTORY to a folder of this user", ExitCode.Usage);
        return [In(global::System.IO.Path.Combine(home, "portolan")), In(System)];

        StateFolder In(string folder) => new(global::System.IO.Path.Combine(folder, "serve", name));
    }

    /// <summary>Makes the folder, with those above it.</summary>
    /// <exception cref="PortolanException">That is not possible.</exception>
    internal void Make()
    {
        Guarded("create", Path, () =>
            Directory.CreateDirectory(Path, Owner | UnixFileMode.UserExecute));
        Guarded("set the mode of", Path, () => File.SetUnixFileMode(Path, Owner | UnixFileMode.UserExecute));
    }

    /// <summary>The path of a file in it.</summary>
    internal string this[string name] => global::System.IO.Path.Combine(Path, name);

    /// <summary>Reads a file; <c>null</c> where there is none.</summary>
    /// <exception cref="PortolanException">It cannot be read.</exception>
    internal byte[]? Read(string name)
    {
        try
        {
            return File.ReadAllBytes(this[name]);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed("read", this[name], exception);
        }
    }

    /// <summary>Writes a file as a whole: a reader sees the old one or the new one.</summary>
    /// <exception cref="PortolanException">It cannot be written.</exception>
    internal void Write(string name, ReadOnlySpan<byte> content)
    {
        var place = this[name];
        var next = $"{place}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
        try
        {
            using (var file = new FileStream(
                next,
                new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Owner }))
            {
                file.Write(content);
            }

            File.Move(next, place, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed("write", place, exception);
        }
    }

    /// <summary>Opens a file to add to it.</summary>
    /// <exception cref="PortolanException">That is not possible.</exception>
    internal FileStream Append(string name)
    {
        try
        {
            return new FileStream(
                this[name],
                new FileStreamOptions
                {
                    Mode = FileMode.Append,
                    Access = FileAccess.Write,
                    Share = FileShare.ReadWrite,
                    UnixCreateMode = Owner,
                    BufferSize = 0,
                });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed("write", this[name], exception);
        }
    }

    /// <summary>Removes a file. Of several that remove it at once, one succeeds.</summary>
    /// <returns>Whether it was there.</returns>
    internal bool Remove(string name)
    {
        // A rename fails for all but one, where unlink as the runtime wraps it does not say so.
        var taken = $"{this[name]}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
        try
        {
            File.Move(this[name], taken);
            File.Delete(taken);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Takes a lock, held until it is disposed of or the process ends; <c>null</c> where another process has it.</summary>
    internal FileStream? Lock(string name)
    {
        try
        {
            return new FileStream(
                this[name],
                new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    UnixCreateMode = Owner,
                });
        }
        catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException))
        {
            return null;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw Failed("lock", this[name], exception);
        }
    }

    /// <summary>Renames a file, over one that has the new name.</summary>
    internal void Rename(string name, string other) =>
        Guarded("rename", this[name], () => File.Move(this[name], this[other], overwrite: true));

    /// <summary>The names of files that begin so.</summary>
    internal IReadOnlyList<string> Names(string prefix) => Directory.Exists(Path)
        ? [.. Directory.EnumerateFiles(Path, prefix + "*").Select(global::System.IO.Path.GetFileName).OfType<string>()]
        : [];

    /// <summary>When a file was written last, and how long it is; it changes with the file.</summary>
    internal (DateTime WrittenAt, long Length) Stamp(string name) =>
        new FileInfo(this[name]) is { Exists: true } file ? (file.LastWriteTimeUtc, file.Length) : default;

    private static void Guarded(string what, string place, Action act)
    {
        try
        {
            act();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(what, place, exception);
        }
    }

    private static PortolanException Failed(string what, string place, Exception exception) => new(
        $"cannot {what} {place}: {exception.Message}",
        $"set the variable STATE_DIRECTORY to a folder that this user may write to",
        exception is UnauthorizedAccessException ? ExitCode.NoPrivilege : ExitCode.Failed);
}
