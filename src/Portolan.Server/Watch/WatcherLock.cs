using System.Globalization;
using Portolan.Store.Files;

namespace Portolan.Server.Watch;

/// <summary>
/// That one program watches into a store: a lock on a file beside it, which has the program's number. The kernel lets the lock go however
/// the program ends; the file stays.
/// </summary>
internal sealed class WatcherLock : IDisposable
{
    /// <summary>What the file's name has behind the store's.</summary>
    internal const string Suffix = "-watcher";

    private readonly FileStream _file;

    private WatcherLock(FileStream file) => _file = file;

    /// <summary>Takes it.</summary>
    /// <exception cref="PortolanException">Another program has it, or the file cannot be written.</exception>
    internal static WatcherLock Take(string store)
    {
        var path = StoreLocation.RealPath(store) + Suffix;
        FileStream file;
        try
        {
            file = NamedFile.Open(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 0,
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"cannot open {path}: {NamedFile.WhyNot(exception, path, FileAccess.ReadWrite)}", $"use another store: --store FILE",
                inner: exception);
        }

        try
        {
            file.Lock(0, 1);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
            return new WatcherLock(file);
        }
        catch (IOException)
        {
            using (file)
            {
                throw Taken(store, file);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static PortolanException Taken(string store, FileStream stream)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        return int.TryParse(reader.ReadLine(), CultureInfo.InvariantCulture, out var process)
            ? new PortolanException(
                string.Create(CultureInfo.InvariantCulture, $"process {process} watches into {store} already"),
                $"end it first: kill {process}; or use another store: --store FILE")
            : new PortolanException($"another program watches into {store} already", $"use another store: --store FILE");
    }
}
