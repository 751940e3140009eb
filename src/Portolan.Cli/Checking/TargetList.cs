using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>Collects the targets of a command line and of files.</summary>
internal static class TargetList
{
    /// <summary>Reads all of them.</summary>
    /// <exception cref="PortolanException">A word that is no target, a file that cannot be read, or no target at all; exit code 2.</exception>
    public static List<CheckTarget> Read(IReadOnlyList<string> words, string? file, CommandContext context)
    {
        var targets = new List<CheckTarget>();
        foreach (var word in words)
        {
            targets.Add(Parse(word, where: ""));
        }

        if (file is not null)
        {
            var number = 0;
            var before = targets.Count;
            foreach (var line in ReadLines(file, context))
            {
                number++;
                var hash = line.IndexOf('#', StringComparison.Ordinal);
                // A # inside a word belongs to a URL.
                var text = (hash == 0 || (hash > 0 && char.IsWhiteSpace(line[hash - 1])) ? line[..hash] : line).Trim();
                if (text.Length > 0)
                {
                    targets.Add(Parse(text, $"{file}, line {number}: "));
                }
            }

            if (targets.Count == before)
            {
                throw new PortolanException($"{file} names no target", "write one target on each line, such as https://example.com", ExitCode.Usage);
            }
        }

        return targets.Count > 0
            ? targets
            : throw new PortolanException("no target", "portolan check https://example.com, or portolan check example.com:22", ExitCode.Usage);
    }

    private static CheckTarget Parse(string word, string where) => CheckTargetParser.TryParse(word, out var target, out var problem)
        ? target
        : throw new PortolanException($"{where}'{word}': {problem.Reason}", problem.Remedy, ExitCode.Usage);

    private static string[] ReadLines(string file, CommandContext context)
    {
        if (file == "-")
        {
            return context.Input.ReadToEnd().Split('\n');
        }

        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException($"cannot read {file}: {exception.Message}", "name a file with one target on each line, or - for stdin", ExitCode.Usage, exception);
        }
    }
}
