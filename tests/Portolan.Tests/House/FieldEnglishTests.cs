using System.Text.RegularExpressions;
using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>
/// Phrases that read as translated: in what people read (messages, help, pages, docs) and in comments, counted apart. Each number only goes
/// down. A change that removes some lowers it.
/// </summary>
public sealed partial class FieldEnglishTests
{
    private const int MostRead = 25;

    /// <summary>The phrase, what to write, and how often it is still there: in what people read, and in comments.</summary>
    private static readonly (string Phrase, string Instead, int Read, int Comments)[] Phrases =
    [
        (@"\bnobody\b(?!')", "no process, host, user", 11, 150),
        (@"\bnobody's\b", "unowned, foreign, invalid", 0, 4),
        (@"\bwhoever\b", "the process, the user, the caller", 0, 36),
        (@"\bsomebody\b", "a process, a user, a peer", 0, 28),
        (@"\b(?:is|are) told\b", "is notified, knows", 0, 40),
        (@"\btells\b", "reports, shows", 1, 82),
        (@"\bleads? to\b", "is forwarded to, causes, links to", 2, 16),
        (@"\b(?:cannot|can't|could not) be told\b", "is unknown", 0, 3),
        (@"\bnot known:", "unknown:", 0, 0),
        (@"(?<!\bthere )\bis no (?!longer\b|more\b|different\b|such\b)", "is not a", 2, 46),
        (@"\bhangs? on\b", "depends on", 0, 0),
        (@"\bof others\b", "foreign, other", 0, 8),
        (@"\bstands? in the\b", "is in the", 4, 1),
        (@"\bfor many\b", "multicast, broadcast", 0, 3),
        (@"\bby which\b", "with which, where, the … of", 0, 19),
        (@"\bto whom\b", "name the receiver", 2, 7),
        (InMessagesOnly, "e.g.", 0, 0),
        (@"\bled on to\b|\bleads? packets on\b", "is forwarded to", 0, 0),
        (@"\bto who has\b", "to processes with", 0, 0),
        (@"\bwhat is there already\b", "existing …", 0, 0),
        (@"\bnone of the (?:stack|lab)'s\b", "not one of …", 0, 0),
        (@"\bends? their talk\b", "finish", 0, 0),
        (@"\bgoes its way\b", "is not affected", 0, 0),
        (@"\b(?:comes?|came|coming) in by\b", "arrives on", 0, 0),
    ];

    /// <summary>Right in docs, and long-winded in a message: e.g.</summary>
    private const string InMessagesOnly = @"\bsuch as\b";

    private static readonly List<(string Path, string Text)> Read = [], Comments = [], Messages = [];

    static FieldEnglishTests()
    {
        foreach (var file in Repository.Files())
        {
            if (file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal))
            {
                Split(file, File.ReadAllText(Repository.PathOf(file)));
            }
            else if (IsRead(file))
            {
                Read.Add((file, LineBreak().Replace(File.ReadAllText(Repository.PathOf(file)), " ")));
            }
        }

        Read.AddRange(Messages);
    }

    public static TheoryData<string> Names => [.. Phrases.Select(static p => p.Phrase)];

    [Theory, MemberData(nameof(Names))]
    public void A_phrase_that_reads_as_translated_grows_rarer(string phrase)
    {
        var (_, instead, read, comments) = Array.Find(Phrases, p => p.Phrase == phrase);
        Compare(phrase, instead, phrase == InMessagesOnly ? Messages : Read, read, "in what people read");
        if (phrase != InMessagesOnly)
        {
            Compare(phrase, instead, Comments, comments, "in comments");
        }
    }

    [Fact]
    public void What_people_read_has_hardly_any()
    {
        var sum = Phrases.Sum(static p => p.Read);
        Assert.True(sum <= MostRead, $"{sum} such phrases in what people read, {MostRead} at most");
    }

    [Fact]
    public void Code_is_split_into_literals_and_comments()
    {
        const string Code = """
            // nobody
            var a = "x // no comment"; // one comment
            var b = $"{c("d")} /* text */" + @"C:\" + 'q'; /* two
                lines */
            """;
        var parts = Token().Matches(Code).Where(static m => !m.Groups["character"].Success).Select(static m => m.Value).ToList();
        Assert.Equal(
            [
                "// nobody", "\"x // no comment\"", "// one comment", "$\"{c(\"", "\")} /* text */\"", "@\"C:\\\"",
                "/* two\n    lines */",
            ],
            parts);
    }

    private static void Compare(string phrase, string instead, List<(string Path, string Text)> texts, int count, string where)
    {
        var pattern = new Regex(phrase, RegexOptions.IgnoreCase);
        var found = texts.Select(t => (t.Path, Matches: pattern.Count(t.Text))).Where(static f => f.Matches > 0).ToList();
        var sum = found.Sum(static f => f.Matches);
        var places = string.Join(
            ", ", found.OrderByDescending(static f => f.Matches).Take(8).Select(static f => $"{f.Path} ({f.Matches})"));
        Assert.True(sum <= count, $"{phrase}: {sum} times {where}, {count} at most; write: {instead}. In {places}");
        Assert.True(sum == count, $"{phrase}: only {sum} times {where} now. Lower its number from {count} in FieldEnglishTests.");
    }

    private static bool IsRead(string file) => file is "README.md" or "ARCHITECTURE.md" or "CONTRIBUTING.md"
        || (file.StartsWith("docs/", StringComparison.Ordinal) && file.EndsWith(".md", StringComparison.Ordinal))
        || (file.StartsWith("samples/", StringComparison.Ordinal) && file.EndsWith(".md", StringComparison.Ordinal))
        || (file.StartsWith("src/", StringComparison.Ordinal)
            && (file.EndsWith("/README.md", StringComparison.Ordinal) || file.EndsWith("/MAP.md", StringComparison.Ordinal)))
        || (file.StartsWith("ui/src/", StringComparison.Ordinal) && !file.EndsWith(".test.ts", StringComparison.Ordinal)
            && (file.EndsWith(".ts", StringComparison.Ordinal) || file.EndsWith(".svelte", StringComparison.Ordinal)));

    // A phrase may go on in the next line of a comment or of a wrapped literal; between two comments it may not.
    private static void Split(string file, string code)
    {
        var (literals, comments) = (new List<string>(), new List<string>());
        var end = 0;
        code = Joint().Replace(code, "");
        foreach (Match token in Token().Matches(code))
        {
            if (token.Groups["comment"].Success)
            {
                comments.Add(code.AsSpan(end, token.Index - end).IsWhiteSpace() ? "" : "§");
                comments.Add(token.Value);
                end = token.Index + token.Length;
            }
            else if (!token.Groups["character"].Success)
            {
                literals.Add(token.Value);
            }
        }

        Messages.Add((file, string.Join('\n', literals)));
        Comments.Add((file, LineBreak().Replace(string.Join('\n', comments), " ")));
    }

    /// <summary>Between two literals, the second in the next line.</summary>
    [GeneratedRegex("""(?<!["\\])"\s*\n\s*\+ \$?"(?!")""")]
    private static partial Regex Joint();

    [GeneratedRegex(@"\s*\n\s*(?:///?)?\s*")]
    private static partial Regex LineBreak();

    [GeneratedRegex(
        """(?<comment>//[^\n]*|/\*[\s\S]*?\*/)|\$*"{3,}[\s\S]*?"{3,}|(?:\$@|@\$|@)"(?:[^"]|"")*"|\$?"(?:\\.|[^"\\\n])*"|(?<character>'(?:\\.[^']*|[^'\\])')""")]
    private static partial Regex Token();
}
