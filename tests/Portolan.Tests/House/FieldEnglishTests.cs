using System.Text.RegularExpressions;
using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>
/// Phrases that read as translated, in everything that people read: messages, docs and comments. The number of each only goes down. Who removes some lowers it.
/// </summary>
public sealed partial class FieldEnglishTests
{
    /// <summary>The phrase, what to write, and how often it is still there.</summary>
    private static readonly (string Phrase, string Instead, int Count)[] Phrases =
    [
        (@"\bhangs? on\b", "depends on", 2),
        (@"\bled on to\b|\bleads? packets on\b", "is forwarded to", 0),
        (@"\bto who has\b", "to processes with", 0),
        (@"\bis no (?:address|protocol|number|name) with\b", "is not, expected …", 0),
        (@"\bwhat is there already\b", "existing …", 2),
        (@"\bnone of the (?:stack|lab)'s\b", "not one of …", 0),
        (@"\bends? their talk\b", "finish", 0),
        (@"\bgoes its way\b", "is not affected", 0),
        (@"\b(?:is|are) told\b", "is notified, knows", 109),
        (@"\btells\b", "reports, shows", 243),
        (@"\bnobody's\b", "unowned, foreign", 15),
        (@"\bpackets? for many\b|\bframes? for many\b", "multicast or broadcast", 1),
        (@"\bof others\b", "foreign, other", 37),
        (@"\bstands? in the\b", "is in the", 44),
        (@"\bsomebody\b", "a process, a user, a peer", 116),
        (@"\b(?:comes?|came|coming) in by\b", "arrives on", 0),
        (@"\bwhoever\b", "the process, the user, the caller", 105),
    ];

    private const int LongestLine = 140;

    private const int LongLines = 809;

    public static TheoryData<string> Names => [.. Phrases.Select(static p => p.Phrase)];

    [Theory, MemberData(nameof(Names))]
    public void A_phrase_that_reads_as_translated_grows_rarer(string phrase)
    {
        var (_, instead, count) = Array.Find(Phrases, p => p.Phrase == phrase);
        var pattern = new Regex(phrase, RegexOptions.IgnoreCase);
        var found = Texts().Select(t => (t.Path, Matches: pattern.Count(t.Text))).Where(static f => f.Matches > 0).ToList();
        var sum = found.Sum(static f => f.Matches);
        var places = string.Join(", ", found.OrderByDescending(static f => f.Matches).Take(8).Select(static f => $"{f.Path} ({f.Matches})"));
        Assert.True(sum <= count, $"{phrase}: {sum} times, {count} at most; write: {instead}. In {places}");
        Assert.True(sum == count, $"{phrase}: only {sum} times now. Lower its number from {count} in FieldEnglishTests.");
    }

    /// <summary>A line of more than 140 characters is hard to read side by side. Generated pages and tables of docs are free.</summary>
    [Fact]
    public void Long_lines_grow_rarer()
    {
        var lines = Repository.Files().Where(static f => f.EndsWith(".cs", StringComparison.Ordinal) && !f.EndsWith(".g.cs", StringComparison.Ordinal))
            .Sum(static f => File.ReadLines(Repository.PathOf(f)).Count(static line => line.Length > LongestLine));
        Assert.True(lines <= LongLines, $"{lines} lines of code are longer than {LongestLine} characters, {LongLines} at most: wrap those you wrote");
        Assert.True(lines == LongLines, $"only {lines} lines are longer than {LongestLine} characters now: lower LongLines from {LongLines}");
    }

    private static IEnumerable<(string Path, string Text)> Texts() => Repository.Files()
        .Where(static f => (f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal))
            || (f.EndsWith(".md", StringComparison.Ordinal) && !f.StartsWith("bench/runs/", StringComparison.Ordinal) && f != "CHANGELOG.md"))
        .Select(static f => (f, LineBreak().Replace(File.ReadAllText(Repository.PathOf(f)), " ")));

    // A phrase may go on in the next line of a comment.
    [GeneratedRegex(@"\s*\n\s*(?:///?)?\s*")]
    private static partial Regex LineBreak();
}
