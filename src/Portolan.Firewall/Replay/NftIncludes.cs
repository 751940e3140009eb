using System.IO.Enumeration;
using Portolan.Linux;

namespace Portolan.Firewall.Replay;

/// <summary>
/// Finds and reads the files that a script of nft includes, in its own folder and in those that the person allows, and nowhere else.
/// </summary>
internal sealed class NftIncludes
{
    private readonly string _current;
    private readonly List<string> _searched;
    private readonly List<string> _allowed;

    private NftIncludes(string current, List<string> searched) =>
        (_current, _searched, _allowed) = (current, searched, [.. searched.Select(RealPath.Of).OfType<string>()]);

    /// <summary>Those of a script.</summary>
    /// <param name="file">The script; what came from the standard input counts as a file of <paramref name="folder"/>.</param>
    /// <param name="folder">Where the person is.</param>
    /// <param name="more">Folders that the person allows.</param>
    public static NftIncludes For(RulesFile file, string folder, IReadOnlyList<string> more) =>
        new(folder, [file.Path is null ? folder : Path.GetDirectoryName(file.Path)!, .. more.Select(f => Path.GetFullPath(f, folder))]);

    /// <summary>The paths that a name means: of one with wildcards as many as there are, in order of their names, as nft does.</summary>
    /// <param name="name">What stands between the quotes.</param>
    /// <param name="wrong">Makes the error.</param>
    public IReadOnlyList<string> Find(string name, Func<string, PortolanException> wrong)
    {
        var isPlaced = name.StartsWith('/') || name.StartsWith("./", StringComparison.Ordinal)
            || name.StartsWith("../", StringComparison.Ordinal);
        var places = isPlaced ? [Path.GetFullPath(name, _current)] : _searched.ConvertAll(f => Path.GetFullPath(name, f));
        if (!name.AsSpan().ContainsAny('*', '?', '['))
        {
            return [places.Find(File.Exists) ?? places[0]];
        }

        var pattern = Path.GetFileName(name);
        if (name.Contains('[', StringComparison.Ordinal) || Path.GetDirectoryName(name).AsSpan().ContainsAny('*', '?'))
        {
            throw wrong($"include \"{name}\": wildcards are supported only as * and ? in the last part of a name");
        }

        return places.Select(p => Matches(Path.GetDirectoryName(p)!, pattern)).FirstOrDefault(static found => found.Count > 0) ?? [];
    }

    /// <summary>Reads a file, if it is in a folder that is allowed once all links are followed.</summary>
    /// <param name="path">From <see cref="Find"/>.</param>
    /// <param name="name">What stands between the quotes.</param>
    /// <param name="wrong">Makes the error of a reason and a hint.</param>
    public byte[] Read(string path, string name, Func<string, Advice?, PortolanException> wrong)
    {
        try
        {
            // Before anything is opened, and of what was opened: a link may have been put there in between.
            RefuseOutside(RealPath.Of(path), path, name, wrong);

            // A pipe would be waited for.
            if (File.Exists(path) && !RealPath.IsRegular(path))
            {
                throw wrong($"include \"{name}\" is not a regular file", null);
            }

            using var file = NamedFile.OpenRead(path, bufferSize: 0);
            RefuseOutside(RealPath.Of(file.SafeFileHandle), path, name, wrong);
            using var bounded = new BoundedStream(file, InputLimit.Rules, path);
            return bounded.ReadToEnd();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw wrong($"include \"{name}\" cannot be read: {NamedFile.WhyNot(exception, path)}", null);
        }
    }

    private void RefuseOutside(string? real, string path, string name, Func<string, Advice?, PortolanException> wrong)
    {
        // What is not there is said as such only where it may be looked for.
        real ??= RealPath.Of(Path.GetDirectoryName(path)!) is { } folder ? Path.Combine(folder, Path.GetFileName(path)) : path;
        if (!_allowed.Exists(
            f => f == "/" || (real.StartsWith(f, StringComparison.Ordinal) && real.Length > f.Length && real[f.Length] == '/')))
        {
            throw wrong(
                $"include \"{name}\" is outside {_searched[0]} and is not read",
                $"allow its folder if you trust it: --include-path {Path.GetDirectoryName(real)}");
        }
    }

    private static List<string> Matches(string folder, string pattern) =>
        [.. NamedFile.NamesIn(folder, 10_000)
            .Where(n => FileSystemName.MatchesSimpleExpression(pattern, n, ignoreCase: false) && (n[0] != '.' || pattern[0] == '.'))
            .Order(StringComparer.Ordinal)
            .Select(n => Path.Combine(folder, n))];
}
