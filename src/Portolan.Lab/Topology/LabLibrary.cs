using System.Text;
using Portolan.Lab.Topology.Reading;

namespace Portolan.Lab.Topology;

/// <summary>Finds topologies: those that come with the program by name, others by the path of their file.</summary>
public static class LabLibrary
{
    private const string Folder = "lab/";
    private const string Ending = ".yaml";

    /// <summary>The names of the topologies that come with the program, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(LabLibrary).Assembly.GetManifestResourceNames()
            .Where(static n => n.StartsWith(Folder, StringComparison.Ordinal) && n.EndsWith(Ending, StringComparison.Ordinal))
            .Select(static n => n[Folder.Length..^Ending.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Reads a topology and throws when it has errors.</summary>
    /// <param name="nameOrFile">The name of one that comes with the program, or a path. What has a slash in it or ends in <c>.yaml</c> or
    /// <c>.yml</c> is a path.</param>
    /// <exception cref="PortolanException">There is none, it cannot be read, or it has errors.</exception>
    public static LabTopology Load(string nameOrFile) => Read(nameOrFile).OrThrow(nameOrFile);

    /// <summary>Reads a topology with all its faults.</summary>
    /// <param name="nameOrFile">A name or a path, as in <see cref="Load"/>.</param>
    /// <exception cref="PortolanException">There is none, or it cannot be read.</exception>
    public static TopologyReading Read(string nameOrFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrFile);
        return TopologyReader.Read(Bytes(nameOrFile), Path.GetFileNameWithoutExtension(nameOrFile));
    }

    /// <summary>The text of a topology as it is written, with its comments; <see cref="Load"/> reads it.</summary>
    /// <param name="nameOrFile">A name or a path, as in <see cref="Load"/>.</param>
    /// <exception cref="PortolanException">There is none, it cannot be read, or it has errors.</exception>
    public static string ReadText(string nameOrFile)
    {
        _ = Load(nameOrFile);
        var text = Encoding.UTF8.GetString(Bytes(nameOrFile)).TrimStart('\ufeff');
        return text.EndsWith('\n') ? text : text + "\n";
    }

    private static byte[] Bytes(string nameOrFile)
    {
        if (!IsPath(nameOrFile) && OpenOwn(nameOrFile) is { } own)
        {
            using (own)
            {
                var bytes = new byte[own.Length];
                own.ReadExactly(bytes);
                return bytes;
            }
        }

        var shown = TerminalText.Escape(nameOrFile);
        try
        {
            using var file = BoundedStream.Open(nameOrFile, InputLimit.Topology);
            return file.ReadToEnd();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw IsPath(nameOrFile)
                ? new PortolanException(
                    $"file {shown} does not exist", $"portolan lab list shows the topologies that come with the program", ExitCode.Usage,
                    error)
                : new PortolanException($"no topology and no file is named '{shown}'", Suggestion(nameOrFile), ExitCode.Usage, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var isFolder = Directory.Exists(nameOrFile);
            throw new PortolanException(
                isFolder
                    ? $"{shown} is a folder, not a file"
                    : $"{shown} cannot be read: {TerminalText.Escape(NamedFile.WhyNot(error, nameOrFile))}",
                isFolder
                    ? Advice.Of($"name a file in it: portolan lab check {Path.Combine(nameOrFile, "lab.yaml")}")
                    : $"check its permissions: ls -l {nameOrFile}",
                ExitCode.Usage,
                error);
        }
    }

    private static Advice Suggestion(string name) =>
        NearestWord.Find(name, Names) is { } near
            ? Advice.Of($"did you mean {near}?")
            : $"portolan lab list shows the topologies that come with the program; a file is named with its path";

    private static bool IsPath(string name) =>
        name.Contains('/', StringComparison.Ordinal) || name.EndsWith(Ending, StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);

    private static Stream? OpenOwn(
        string name) =>
            Names.Contains(name, StringComparer.Ordinal)
                ? typeof(LabLibrary).Assembly.GetManifestResourceStream(Folder + name + Ending)
                : null;
}
