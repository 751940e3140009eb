using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Targets;

/// <summary>Files of targets: words between white space, comments from <c>#</c> to the end of the line.</summary>
internal static class TargetText
{
    private const int MaxWord = 4 * TargetGrammar.MaxWordLength;

    /// <summary>The words with their line, counted from 1. Lines may be of any length; a word without end is cut, and then refused as too long.</summary>
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
            else if (!isComment && word.Length < MaxWord)
            {
                word.Append((char)next);
            }
        }
    }

    /// <summary>Opens a file that an option names.</summary>
    /// <exception cref="PortolanException">It cannot be read; the message says why, and which file of the folder was meant. Exit code 2.</exception>
    public static StreamReader Open(string path, string option)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            if (Directory.Exists(path))
            {
                throw new PortolanException($"{option}: {path} is a folder, not a file", null, ExitCode.Usage);
            }

            return new StreamReader(path, Encoding.UTF8);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var why = exception switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file",
                UnauthorizedAccessException => "it may not be read",
                _ => exception.Message,
            };
            var meant = exception is FileNotFoundException ? Nearest(path) : null;
            throw new PortolanException($"{option}: cannot read {path}: {why}", meant is null ? "nothing was sent" : $"did you mean {meant}?", ExitCode.Usage, exception);
        }
    }

    private static string? Nearest(string path)
    {
        try
        {
            var folder = Path.GetDirectoryName(path);
            var names = Directory.EnumerateFiles(string.IsNullOrEmpty(folder) ? "." : folder).Take(10_000).Select(file => Path.GetFileName(file)!);
            return NearestWord.Find(Path.GetFileName(path), names) is { } name ? Path.Combine(folder ?? "", name) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
