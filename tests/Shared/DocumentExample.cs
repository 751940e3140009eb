using System.Text.RegularExpressions;

namespace Portolan.Tests.Support;

/// <summary>
/// A command of a fenced block of README or docs, with what the page says comes of it; or a block that shows lines without their command.
/// </summary>
/// <param name="Document">Such as <c>docs/who.md</c>.</param>
/// <param name="Command">The words behind the prompt, without a comment at the end; empty for a block without a command.</param>
/// <param name="Output">The lines below it.</param>
internal sealed partial record DocumentExample(string Document, string Command, IReadOnlyList<string> Output)
{
    /// <summary>Which of several of the same command on the page, from 1.</summary>
    public int Number { get; init; } = 1;

    /// <summary>How it is called within its page: its command, with its number from the second on, or <c>block: FIRST LINE</c>.</summary>
    public string Name => (Command.Length > 0 ? Command : $"block: {Output[0].Trim()}") + (Number == 1 ? "" : $" ({Number})");

    /// <summary>How the test calls it.</summary>
    public string Key => $"{Document}: {Name}";

    /// <summary>
    /// Every example of README and docs. docs/cli has examples of its own, which are parsed elsewhere; <c>dotnet run</c> alone is for a
    /// program of the page, which PackageTests run.
    /// </summary>
    public static IReadOnlyList<DocumentExample> All() => [.. Documents().SelectMany(Of).Where(static e => e.Command != "dotnet run")];

    /// <summary>
    /// The pages. All that docs/lab-scenarios.md shows is compared with the scenarios by ScenarioDocumentTests; the bytes of
    /// docs/identify.md are made from the code.
    /// </summary>
    public static IEnumerable<string> Documents() =>
        Directory.GetFiles(Repository.PathOf("docs"), "*.md").Select(static path => $"docs/{Path.GetFileName(path)}")
            .Where(static page => page is not ("docs/lab-scenarios.md" or "docs/identify.md")).Order(StringComparer.Ordinal).Prepend(
                "README.md");

    /// <summary>The examples of one page: lines that begin with a prompt or with <c>portolan</c>, each with the lines below it.</summary>
    public static IReadOnlyList<DocumentExample> Of(string document)
    {
        var found = new List<DocumentExample>();
        foreach (var block in Blocks(document).Where(b => b.NotRun is null && b.Language is ("" or "console" or "text" or "sh")))
        {
            List<string> output = [];
            var command = "";
            foreach (var line in block.Lines)
            {
                if (command.EndsWith('\\'))
                {
                    command = command[..^1] + line.Trim();
                }
                else if (Prompt().Match(line) is { Success: true } match)
                {
                    Add(found, document, command, output);
                    (command, output) = (Comment().Replace(match.Groups[1].Value, ""), []);
                }
                else
                {
                    output.Add(line);
                }
            }

            Add(found, document, command, output);
        }

        return found;
    }

    /// <summary>
    /// The fenced blocks of a page, in their order. A line <c>&lt;!-- not run: REASON --&gt;</c> above a block says why no test runs it.
    /// </summary>
    public static IReadOnlyList<(string Language, IReadOnlyList<string> Lines, string? NotRun)> Blocks(string document)
    {
        var blocks = new List<(string, IReadOnlyList<string>, string?)>();
        List<string>? lines = null;
        string? reason = null;
        var indent = 0;
        foreach (var line in File.ReadLines(Repository.PathOf(document)))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                indent = line.Length - line.TrimStart().Length;
                if (lines is null)
                {
                    blocks.Add((line.Trim().TrimStart('`'), lines = [], reason));
                }
                else
                {
                    lines = null;
                }
            }
            else
            {
                lines?.Add(line.Length >= indent && string.IsNullOrWhiteSpace(line[..indent]) ? line[indent..] : line);
                reason = Reason().Match(line) is { Success: true } match ? match.Groups[1].Value : null;
            }
        }

        return blocks;
    }

    /// <summary>
    /// Whether what came is what the page says. A line <c>…</c> stands for any lines, <c>…</c> within a line for anything.
    /// </summary>
    /// <param name="came">The output of a run.</param>
    /// <param name="masks">What differs between two runs, besides what <see cref="ExampleMasks"/> hides.</param>
    /// <param name="isUnordered">Lines may come in any order.</param>
    /// <param name="isPart">The page shows lines that stand together in what came.</param>
    public bool IsShownBy(string came, IReadOnlyList<Regex>? masks = null, bool isUnordered = false, bool isPart = false)
    {
        var shown = ExampleMasks.Lines(string.Join('\n', Output), masks ?? []);
        var lines = ExampleMasks.Lines(came, masks ?? []);
        if (isUnordered)
        {
            Array.Sort(shown, StringComparer.Ordinal);
            Array.Sort(lines, StringComparer.Ordinal);
        }

        var pattern = string.Join(
            "\n", shown.Select(line => line == "…" ? "(?:.*\n)*?.*" : Regex.Escape(line).Replace("…", ".*", StringComparison.Ordinal)));
        return Regex.IsMatch(
            string.Join('\n', lines), isPart ? $"(?m)^{pattern}$" : $"\\A{pattern}\\z", RegexOptions.None, TimeSpan.FromSeconds(10));
    }

    private static void Add(List<DocumentExample> found, string document, string command, List<string> output)
    {
        if (command.Length > 0 || output.Count > 0)
        {
            var example = new DocumentExample(document, command, output);
            found.Add(
                example with { Number = 1 + found.Count(e => e.Command == command && (command.Length > 0 || e.Output[0] == output[0])) });
        }
    }

    // '$ portolan who 80', '# portolan firewall show', 'portolan lab list'; not 'portolan: an error'.
    [GeneratedRegex(@"^(?:\$ |# (?=portolan )|(?=portolan [a-z]))(.+)$")]
    private static partial Regex Prompt();

    [GeneratedRegex(@"^\s*<!-- not run: (.+) -->$")]
    private static partial Regex Reason();

    [GeneratedRegex(@"\s{2,}#.*$|(?<=\S)\s+# .*$")]
    private static partial Regex Comment();
}
