using Portolan.Web.Access;

namespace Portolan.Server.Serve;

/// <summary>
/// The file of a Unix socket, which is this user's alone. One that a server of the same state left behind is removed; every other file that
/// has the path stays.
/// </summary>
internal sealed class ListenSocketFile : IDisposable
{
    private const string Mark = "socket";

    private readonly StateFolder _folder;
    private readonly string _path;

    private ListenSocketFile(StateFolder folder, string path) => (_folder, _path) = (folder, path);

    /// <summary>Makes room for a socket; <c>null</c> where none is wanted. The caller is the one server of the folder.</summary>
    /// <param name="folder">The state of the server.</param>
    /// <param name="path">The path, or <c>null</c>.</param>
    /// <exception cref="PortolanException">Something else has that path.</exception>
    internal static ListenSocketFile? Prepare(StateFolder folder, string? path)
    {
        if (path is null)
        {
            return null;
        }

        var isLeft = folder.Remove(Mark);
        if (File.Exists(path))
        {
            if (!isLeft)
            {
                throw new PortolanException(
                    $"cannot listen on {path}: the file exists",
                    $"remove it if no program uses it, or give another path with --listen", ExitCode.Failed);
            }

            File.Delete(path);
        }

        return new ListenSocketFile(folder, path);
    }

    /// <summary>Takes the socket, which is there now, from all but its user.</summary>
    internal void Restrict()
    {
        File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _folder.Write(Mark, "\n"u8);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_folder.Remove(Mark))
        {
            File.Delete(_path);
        }
    }
}
