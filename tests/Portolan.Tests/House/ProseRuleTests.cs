using System.Text.RegularExpressions;
using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>
/// Facts are codes; sentences are for people. No code asks a sentence that Portolan itself made what it says: rewording would change what
/// the program does. Where text of others is asked (of the runtime, SQLite, OpenSSL, which give no code) stands here with its reason, and
/// so does where two sentences that are the same are printed once.
/// </summary>
public sealed class ProseRuleTests
{
    private const string Once = "two sentences that are the same are printed once";
    private const string Foreign = "another's exception, which has no code";
    private const string Writes = "writes the text for another reader";

    private static readonly Dictionary<string, (int Count, string Why)> Known = new(StringComparer.Ordinal)
    {
        ["src/Portolan.Cli/Completions/ZshScript.cs"] = (1, Writes),
        ["src/Portolan.Firewall/Changing/Table/OwnTableBuilder.cs"] = (1, Writes),
        ["src/Portolan.Firewall/Judging/Answers/OutcomeBuilder.cs"] = (1, Once),
        ["src/Portolan.Linux/Terminals/FailureReport.cs"] = (1, Foreign),
        ["src/Portolan.Reachability/Charting/PortSummary.cs"] = (1, Once),
        ["src/Portolan.Reachability/Explaining/AddressExplainer.cs"] = (1, Once),
        ["src/Portolan.Reachability/Explaining/Explainer.cs"] = (1, Once),
        ["src/Portolan.Reachability/Judging/Footnotes.cs"] = (2, Once),
        ["src/Portolan.Scan/Engine/HostPage.cs"] = (1, "a number"),
        ["src/Portolan.Scan/Checking/TlsFailure.cs"] = (1, Foreign),
        ["src/Portolan.Scan/Targets/PlanLayout.cs"] = (1, "a number"),
        ["src/Portolan.Sockets/Filtering/Syntax/FilterPrinter.cs"] = (1, "the reserved words of the grammar"),
        ["src/Portolan.Watch/Changes/FactChanges.cs"] = (1, "a chart of another machine or version has no more than its summary"),
        ["src/Portolan.Watch/Snapshots/Endpoint.cs"] = (1, Once),
    };

    private const string Prose = "(?:What|Why|WhyInFull|Words|Message|Summary|Detail|RouteProblem)";
    private const string Test =
        "(?:Contains|StartsWith|EndsWith|IndexOf|IndexOfAny|LastIndexOf|Equals|CompareTo|Split|Replace|AsSpan|Substring|Remove)";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly Regex Comment = new("(?m)(^|[^:\"])//[^\n]*", RegexOptions.Compiled, Limit);

    /// <summary>A local that holds such a sentence.</summary>
    private static readonly Regex Copy = new(
        $@"\bvar\s+(?<name>\w+)\s*=\s*(?:[\w?!]+\.)+{Prose}\s*(?:;|\?\?)|(?<!\w){Prose}\s+is\s+(?:\{{\s*\}}|string)\s+(?<name>\w+)"
        + $@"|(?<!\w){Prose}:\s*(?:\{{\s*\}}|var)\s+(?<name>\w+)",
        RegexOptions.Compiled, Limit);

    private static readonly Regex[] OfMembers = [.. Tests($@"(?<!\w){Prose}(?![\w(])", mayBeEnum: true)];

    [Fact]
    public void Nothing_asks_a_sentence_of_Portolan_what_it_says()
    {
        var found = Repository.Files()
            .Where(static file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal))
            .Select(static file => (File: file, Hits: Find(File.ReadAllText(Repository.PathOf(file)))))
            .Where(static found => found.Hits.Count > 0).ToDictionary(static found => found.File, static found => found.Hits);
        foreach (var (file, hits) in found)
        {
            Assert.True(
                hits.Count <= Known.GetValueOrDefault(file).Count,
                $"{file} asks a sentence what it says; give the fact a code, or the reason here:\n{string.Join('\n', hits)}");
        }

        foreach (var (file, (count, _)) in Known)
        {
            Assert.True(found.GetValueOrDefault(file)?.Count == count, $"{file}: lower the number here, which is {count}");
        }
    }

    [Theory]
    [InlineData("if (what.What.Contains(\"some tcp sockets\", StringComparison.Ordinal))")]
    [InlineData("return error?.Message.StartsWith(\"there is no field\") == true;")]
    [InlineData("return fact is { Why: \"torn\" };")]
    [InlineData("return fact is { Why: not \"torn\" };")]
    [InlineData("return fact is { Words: ['o', 'n', ..] };")]
    [InlineData("return step.Detail is \"no route\" or \"no rule\";")]
    [InlineData("return outcome.RouteProblem?.Contains(\"blackhole\") == true;")]
    [InlineData("return outcome.RouteProblem == \"blackhole\";")]
    [InlineData("return q.Why == ChainOrder.Unknown;")]
    [InlineData("return ChainOrder.Unknown == q.Why;")]
    [InlineData("return string.Equals(q.Why, other, StringComparison.Ordinal);")]
    [InlineData("return Regex.IsMatch(q.Why, \"x\");")]
    [InlineData("return q.Why switch { \"a\" => 1, _ => 2 };")]
    [InlineData("switch (q.Why) { case \"a\": break; }")]
    [InlineData("{ var why = q.Why; return why.EndsWith('.'); }")]
    [InlineData("{ var why = q.Why ?? \"\"; return why == \"torn\"; }")]
    [InlineData("return q.Why is { } why && why.Split(' ').Length > 1;")]
    [InlineData("return q is { Summary: { } words } && words.Replace(\"a\", \"b\") == words2;")]
    public void A_test_is_known(string code) => Assert.NotEmpty(Find(code));

    [Theory]
    [InlineData("if (fact.Why == null) { }")]
    [InlineData("if (fact.Why is { } why) { writer.Write(why); }")]
    [InlineData("if (fact.Why is null || fact.Why is { Length: > 0 }) { }")]
    [InlineData("// fact.Why.Contains(\"x\")")]
    [InlineData("return outcome.RouteProblem == RouteProblem.Blackhole;")]
    [InlineData("new Fate(FlowDecision.NoRoute, RouteProblem: RouteProblem.Martian)")]
    [InlineData("return Words(x).Contains('a');")]
    [InlineData("{ var why = q.Why; } { var why = other; return why.EndsWith('.'); }")]
    public void What_is_no_test_is_passed_over(string code) => Assert.Empty(Find(code));

    private static List<string> Find(string source)
    {
        var text = Comment.Replace(source, "$1");
        var hits = new SortedDictionary<int, string>();
        Add(OfMembers, 0, text.Length);
        foreach (Match copy in Copy.Matches(text))
        {
            var begin = copy.Index + copy.Length;
            Add(
                Tests($@"(?<![\w.]){copy.Groups["name"].Value}(?![\w(:])", mayBeEnum: false), begin,
                 EndOfBlock(text, begin, isPattern: copy.Value.Contains(':', StringComparison.Ordinal)));
        }

        return [.. hits.Values];

        void Add(IEnumerable<Regex> tests, int begin, int end)
        {
            foreach (var match in tests.SelectMany(test => test.Matches(text[begin..end])))
            {
                var line = text.AsSpan(0, begin + match.Index).Count('\n') + 1;
                hits[line] = $"  line {line}: {match.Value.Trim()}";
            }
        }
    }

    // A name that a pattern gives lives on behind the braces of the pattern.
    private static int EndOfBlock(string text, int begin, bool isPattern)
    {
        var depth = isPattern ? 1 : 0;
        for (var i = begin; i < text.Length; i++)
        {
            depth += text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth < 0)
            {
                return i;
            }
        }

        return text.Length;
    }

    /// <summary>The tests of an expression. A route's problem is an enum: comparing it with one of its members reads no sentence.</summary>
    private static IEnumerable<Regex> Tests(string expression, bool mayBeEnum)
    {
        const string Path = @"(?:[\w?!]+\.)*";
        var sentence = mayBeEnum ? $"(?!RouteProblem){expression}" : expression;
        string[] patterns =
        [
            $@"{expression}\)?[?!]?\s*\.{Test}\(",
            $@"{sentence}\s*[!=]=\s*(?!\s|null\b)",
            $@"{expression}\s*[!=]=\s*[$@]*""",
            $@"{sentence}\s+is\s+(?:not\s+)?(?:[""$\[]|[A-Z]\w*\.[A-Z])",
            $@"{expression}\s+switch\b",
            $@"switch\s*\([^()]*{expression}\)",
            $@"\b(?:Equals|Compare|CompareOrdinal|IsMatch|Matches?|Contains|StartsWith|EndsWith|Replace)\({Path}{expression}[,)]",
            $@"[!=]=\s*{Path}{sentence}(?![\w(.])",
            .. mayBeEnum ? [$@"(?<![\w.]){Prose}:\s*(?:not\s+)?[""$\[]"] : Array.Empty<string>(),
        ];
        return patterns.Select(static pattern => new Regex(pattern, RegexOptions.None, Limit));
    }
}
