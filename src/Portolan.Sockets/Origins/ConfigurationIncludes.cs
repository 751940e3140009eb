using System.IO.Enumeration;

namespace Portolan.Sockets.Origins;

/// <summary>The files that a line of a configuration includes, as nginx, Apache httpd, OpenSSH and MySQL write it.</summary>
internal static class ConfigurationIncludes
{
    private const int MostInFolder = 32;

    private static readonly string[] Directives = ["include", "includeoptional", "!includedir"];

    /// <summary>The paths as the process sees them.</summary>
    /// <param name="line">The line.</param>
    /// <param name="file">The file that has it.</param>
    /// <param name="root">The folder in which the files of the process are found.</param>
    public static IEnumerable<string> Of(string line, string file, string root)
    {
        var text = line.Trim();
        var blank = text.AsSpan().IndexOfAny(' ', '\t');
        if (blank <= 0 || !Directives.Contains(text[..blank], StringComparer.OrdinalIgnoreCase))
        {
            return [];
        }

        var pattern = text[(blank + 1)..].Trim().TrimEnd(';').Trim('"', '\'', ' ');
        var path = Path.Combine(Path.GetDirectoryName(file) ?? "/", text[0] == '!' ? $"{pattern}/*.cnf" : pattern);
        var name = Path.GetFileName(path);
        if (!name.AsSpan().ContainsAny('*', '?'))
        {
            return [path];
        }

        var folder = Path.GetDirectoryName(path) ?? "/";
        try
        {
            return [.. Directory.EnumerateFiles($"{root}{folder}").Select(static f => Path.GetFileName(f))
                .Where(f => FileSystemName.MatchesSimpleExpression(name, f, ignoreCase: false)).Order(StringComparer.Ordinal)
                .Take(MostInFolder).Select(f => Path.Combine(folder, f))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
