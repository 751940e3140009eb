using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Targets;

/// <summary>Files of targets: words between white space, comments from <c>#</c> to the end of the line.</summary>
public static class TargetFile
{
    private const int MaxWord = 4 * TargetGrammar.MaxWordLength;

    /// <summary>
    /// The words with their line, counted from 1. Lines may be of any length; a word without end is cut, so that it is refused as too long.
    /// </summary>
    public static IEnumerable<(string Word, int Line)> Words(TextReader text)
    {
        var word = new StringBuilder();
        var line = 1;
        var isComment = false;
        for (var next = text.Read(); ; next = text.Read())
        {
            if (next < 0 || char.IsWhiteSpace((char)next) || next == '#' || next == 0xfeff)
            {
                if (word.Length > 0)
                {
                    yield return (word.ToString(), line);
                    word.Clear();
                }

                if (next < 0)
                {
                    yield break;
                }

                isComment = next == '#' || (isComment && next is not ('\n' or '\r'));
                line += next == '\n' ? 1 : 0;
            }
            else if (!isComment)
            {
                word.Append((char)next);
                if (word.Length == MaxWord)
                {
                    // It is refused; how it goes on does not matter, and it may have no end.
                    yield return (word.ToString(), line);
                    word.Clear();
                }
            }
        }
    }

    /// <summary>Opens a file that an option names.</summary>
    /// <exception cref="PortolanException">It cannot be read; the message says why, and which file of the folder was meant. Exit code
    /// 2.</exception>
    public static TextReader Open(string path, string option)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            if (Directory.Exists(path))
            {
                throw new PortolanException($"{option}: {path} is a folder, not a file", null, ExitCode.Usage);
            }

            return new StreamReader(BoundedStream.Open(path, InputLimit.ScanTargets), Encoding.UTF8);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var meant = exception is FileNotFoundException ? Nearest(path) : null;
            throw new PortolanException(
                $"{option}: cannot read {path}: {NamedFile.WhyNot(exception, path)}",
                meant is null ? Advice.Of($"nothing was sent") : $"did you mean {meant}?", ExitCode.Usage, exception);
        }
    }

    private static string? Nearest(string path)
    {
        var folder = Path.GetDirectoryName(path);
        return NearestWord.Find(Path.GetFileName(path), NamedFile.NamesIn(folder, 10_000)) is { } name
            ? Path.Combine(folder ?? "", name)
            : null;
    }
}
