using System.Text;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Naming;

/// <summary>Finds the Debian package of a program file in dpkg's own lists, without dpkg.</summary>
/// <param name="folder">dpkg's folder.</param>
public sealed class PackageFiles(string folder = "/var/lib/dpkg")
{
    /// <summary>A longer list is not read: that of the kernel's modules has 600 KB.</summary>
    private const int LongestList = 1024 * 1024;

    /// <summary>More lists are not read. A desktop has 4,000.</summary>
    private const int MostLists = 20_000;

    /// <summary>A longer status file is not read. A desktop's has 6 MB.</summary>
    private const int LongestStatus = 32 * 1024 * 1024;

    private const string Deleted = " (deleted)";
    private const string Suffix = ".list";

    private readonly Dictionary<string, string?> _known = new(StringComparer.Ordinal);

    /// <summary>
    /// The package that a file belongs to, by the few lists with a likely name; <c>null</c> where none of them has it. Each path is looked
    /// up once.
    /// </summary>
    public string? Of(string path)
    {
        if (!_known.TryGetValue(path, out var package))
        {
            package =
                Find(path,
                LikelyNames(path).SelectMany(name => (string[])[ListOf(name), ListOf($"{name}:amd64"), ListOf($"{name}:arm64")]));
            _known.Add(path, package);
        }

        return package;
    }

    /// <summary>The package that a file belongs to, by all lists: 10 MB for a thousand packages. <c>null</c> where none has it.</summary>
    public string? Search(string path)
    {
        try
        {
            return Of(path)
                ?? Find(path, Directory.Exists(folder)
                ? Directory.EnumerateFiles(Path.Combine(folder, "info"), "*" + Suffix).Take(MostLists) : []);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The version of a package that is installed, or <c>null</c>.</summary>
    public string? VersionOf(string package)
    {
        try
        {
            // Paragraphs of "Name: value", one for each package (deb-control(5)).
            var status = new FileInfo(Path.Combine(folder, "status"));
            var (isOfPackage, isInstalled) = (false, false);
            foreach (var line in status is { Exists: true, Length: < LongestStatus } ? File.ReadLines(status.FullName) : [])
            {
                if (line.Length == 0)
                {
                    (isOfPackage, isInstalled) = (false, false);
                }
                else if (line.StartsWith("Package: ", StringComparison.Ordinal))
                {
                    isOfPackage = line.AsSpan(9).SequenceEqual(package);
                }
                else if (line.StartsWith("Status: ", StringComparison.Ordinal))
                {
                    isInstalled = line.EndsWith(" installed", StringComparison.Ordinal);
                }
                else if (isOfPackage && isInstalled && line.StartsWith("Version: ", StringComparison.Ordinal))
                {
                    return line[9..];
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It cannot be read, or is being replaced.
        }

        return null;
    }

    /// <summary>The file's own name, without its version, as a daemon's package is called, and the folders that it is in.</summary>
    private static IEnumerable<string> LikelyNames(string path)
    {
        var name = ProcessName.FileName(path).ToString();
        var bare = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.');
        var daemon = bare.EndsWith('d') ? bare[..^1] : bare;
        string[] names =
        [
            name, bare, daemon, $"{bare}-server", $"{daemon}-server", $"{bare}-daemon", $"{daemon}-daemon", $"{bare}-core",
            .. path.Split('/', StringSplitOptions.RemoveEmptyEntries).SkipLast(1),
        ];
        return names.Where(static n => n.Length > 1
            && n is not ("usr" or "bin" or "sbin" or "lib" or "libexec" or "local" or "opt" or "share")).Distinct(StringComparer.Ordinal)
            .Take(12);
    }

    private static string? Find(string path, IEnumerable<string> lists)
    {
        if (!path.StartsWith('/') || path.Contains('\n', StringComparison.Ordinal))
        {
            return null;
        }

        // Where /bin is a link to /usr/bin, older packages still list /bin/….
        var file = path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
        var whole = Encoding.UTF8.GetBytes($"\n{file}\n");
        var older = file.StartsWith("/usr/", StringComparison.Ordinal) ? Encoding.UTF8.GetBytes($"\n{file["/usr".Length..]}\n") : whole;
        foreach (var list in lists)
        {
            if (Read(list) is { } text && (text.AsSpan().IndexOf(whole) >= 0 || text.AsSpan().IndexOf(older) >= 0))
            {
                var name = Path.GetFileName(list)[..^Suffix.Length];
                return name.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? name[..colon] : name;
            }
        }

        return null;
    }

    private string ListOf(string name) => Path.Combine(folder, "info", name + Suffix);

    private static byte[]? Read(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= LongestList } ? File.ReadAllBytes(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
