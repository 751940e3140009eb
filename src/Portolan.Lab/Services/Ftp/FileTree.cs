using System.Text;

namespace Portolan.Lab.Services.Ftp;

/// <summary>Files and folders in memory, of one host. Any thread.</summary>
internal sealed class FileTree
{
    /// <summary>The most bytes of all files.</summary>
    internal const long MaxBytes = 64L << 20;

    private const int MaxEntries = 10_000;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, FileEntry> _entries = new(StringComparer.Ordinal);
    private long _bytes;

    private FileTree(string files, DateTimeOffset now)
    {
        _entries["/"] = new FileEntry("/", null, now);
        TryMakeFolder("/pub", now);
        TryWrite(
            "/readme.txt", Encoding.UTF8.GetBytes("A host of a Portolan lab. What is stored here is kept until the lab ends.\r\n"), now);
        foreach (var entry in files.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                TryWrite("/" + entry[..equals].Trim('/'), Encoding.UTF8.GetBytes(entry[(equals + 1)..] + "\r\n"), now);
            }
        }
    }

    /// <summary>The tree of a call's host, with the files that the topology names.</summary>
    internal static FileTree Of(ServiceCall call) =>
        call.Host.State.Get(() => new FileTree(call.Setting("files", ""), call.Host.Time.GetUtcNow()), call.Setting("files", ""));

    /// <summary>A path from the root, as it is seen from a folder; <c>..</c> does not lead out.</summary>
    internal static string Resolve(string folder, string path)
    {
        var parts = new List<string>();
        foreach (var part in $"{(path.StartsWith('/') ? "" : folder)}/{path}".Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("." or ".."))
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }

    /// <summary>What is at a path; <c>null</c> when nothing is.</summary>
    internal FileEntry? Find(string path)
    {
        lock (_lock)
        {
            return _entries.GetValueOrDefault(path);
        }
    }

    /// <summary>What is in a folder.</summary>
    internal FileEntry[] List(string folder)
    {
        var prefix = folder == "/" ? "/" : folder + "/";
        lock (_lock)
        {
            return [.. _entries.Values.Where(
                e => e.Path.Length > prefix.Length && e.Path.StartsWith(prefix, StringComparison.Ordinal)
                    && e.Path.IndexOf('/', prefix.Length) < 0)];
        }
    }

    /// <summary>Writes a file. Fails when its folder is not there, a folder has its name, or there is no room.</summary>
    internal bool TryWrite(string path, byte[] content, DateTimeOffset now)
    {
        lock (_lock)
        {
            var old = _entries.GetValueOrDefault(path);
            var more = content.Length - (old?.Content?.Length ?? 0);
            if (old is { Content: null } || !HasFolder(path) || _bytes + more > MaxBytes || (old is null && _entries.Count >= MaxEntries))
            {
                return false;
            }

            _bytes += more;
            _entries[path] = new FileEntry(path, content, now);
            return true;
        }
    }

    /// <summary>Makes a folder.</summary>
    internal bool TryMakeFolder(string path, DateTimeOffset now)
    {
        lock (_lock)
        {
            return HasFolder(path) && _entries.Count < MaxEntries && _entries.TryAdd(path, new FileEntry(path, null, now));
        }
    }

    /// <summary>Removes a file, or a folder that is empty.</summary>
    internal bool TryRemove(string path, bool isFolder)
    {
        lock (_lock)
        {
            if (path == "/" || !_entries.TryGetValue(path, out var entry) || (entry.Content is null) != isFolder
                || (isFolder && List(path).Length > 0))
            {
                return false;
            }

            _bytes -= entry.Content?.Length ?? 0;
            return _entries.Remove(path);
        }
    }

    /// <summary>Gives a file another name.</summary>
    internal bool TryMove(string from, string to, DateTimeOffset now)
    {
        lock (_lock)
        {
            return Find(from) is { Content: { } content } && Find(to) is null && TryRemove(from, isFolder: false)
                && TryWrite(to, content, now);
        }
    }

    private bool HasFolder(string path) =>
        _entries.TryGetValue(path.LastIndexOf('/') is > 0 and var at ? path[..at] : "/", out var folder) && folder.Content is null;
}

/// <summary>A file or a folder.</summary>
/// <param name="Path">From the root.</param>
/// <param name="Content">The bytes; <c>null</c> of a folder.</param>
/// <param name="Changed">When it was written.</param>
internal sealed record FileEntry(string Path, byte[]? Content, DateTimeOffset Changed)
{
    /// <summary>The last part of the path.</summary>
    internal string Name => Path[(Path.LastIndexOf('/') + 1)..];
}
