using System.Text.RegularExpressions;
using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>What the checkout has: files, folders, types, and which file names which words.</summary>
internal sealed partial class SourceNames
{
    /// <summary>So many types of one family make a list of most of them a registry.</summary>
    private const int FewestVariants = 4;

    /// <summary>So many are one whatever is left out.</summary>
    private const int ManyVariants = 10;

    /// <summary>So many rows make a table in code a registry.</summary>
    private const int FewestRows = 12;

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _families = new(StringComparer.Ordinal);

    private SourceNames()
    {
        foreach (var file in Repository.Files().Order(StringComparer.Ordinal))
        {
            Paths.Add(file);
            for (var end = file.LastIndexOf('/'); end > 0 && Paths.Add(file[..end]); end = file.LastIndexOf('/', end - 1))
            {
            }

            if (file.EndsWith(".cs", StringComparison.Ordinal))
            {
                Read(file);
            }
        }
    }

    public static SourceNames Checkout => field ??= new SourceNames();

    /// <summary>Files and folders, from the root.</summary>
    public HashSet<string> Paths { get; } = new(StringComparer.Ordinal);

    /// <summary>The files that declare a type.</summary>
    public Dictionary<string, List<string>> Types { get; } = new(StringComparer.Ordinal);

    public bool IsMember(string type, string member) => Knows(type, member);

    /// <summary>Whether a file of one type names the other.</summary>
    public bool AreLinked(string one, string other) => Knows(one, other) || Knows(other, one);

    /// <summary>
    /// Every file of src that lists most or many of the types derived from one, or that has a table of many rows; with what it lists.
    /// A new variant or row belongs there.
    /// </summary>
    public IEnumerable<(string File, string What)> Registries()
    {
        var families = _families.Where(f => f.Value.Count >= FewestVariants && Types.ContainsKey(f.Key)).ToList();
        foreach (var (file, text) in _texts)
        {
            var words = WordsOf(file);
            foreach (var (family, types) in families)
            {
                var named = types.Count(t => words.Contains(t) && !Types[t].Contains(file));
                if (named >= ManyVariants || (named >= FewestVariants && named * 5 >= types.Count * 3))
                {
                    yield return (file, $"{named} of the {types.Count} types derived from {family}");
                }
            }

            var (rows, most) = (0, 0);
            foreach (var line in text.AsSpan().EnumerateLines())
            {
                if (!line.IsWhiteSpace())
                {
                    rows = Row().IsMatch(line) ? rows + 1 : 0;
                    most = Math.Max(most, rows);
                }
            }

            if (most >= FewestRows)
            {
                yield return (file, $"a table of {most} rows");
            }
        }
    }

    private bool Knows(string type, string other) =>
        Types.TryGetValue(type, out var files) && files.Exists(f => WordsOf(f).Contains(other));

    /// <summary>The words of a file of src that may be types; none for others.</summary>
    private HashSet<string> WordsOf(string file)
    {
        if (_words.TryGetValue(file, out var words))
        {
            return words;
        }

        var text = _texts.GetValueOrDefault(file, "");
        _words.Add(file, words = new HashSet<string>(StringComparer.Ordinal));
        var known = words.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var match in Word().EnumerateMatches(text))
        {
            known.Add(text.AsSpan(match.Index, match.Length));
        }

        return words;
    }

    private void Read(string file)
    {
        var text = Comment().Replace(File.ReadAllText(Repository.PathOf(file)), "");
        var isProduct = file.StartsWith("src/", StringComparison.Ordinal);
        if (isProduct)
        {
            _texts.Add(file, text);
        }

        foreach (Match declaration in Declaration().Matches(text))
        {
            var type = declaration.Groups["name"].Value;
            if (!Types.TryGetValue(type, out var files))
            {
                Types.Add(type, files = []);
            }

            files.Add(file);
            foreach (var family in Word().Matches(isProduct ? declaration.Groups["bases"].Value : "").Select(static m => m.Value))
            {
                if (!_families.TryGetValue(family, out var derived))
                {
                    _families.Add(family, derived = new HashSet<string>(StringComparer.Ordinal));
                }

                derived.Add(type);
            }
        }
    }

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\b[A-Z]\w+")]
    private static partial Regex Word();

    [GeneratedRegex(
        @"\b(?:(?:record\s+)?(?:class|struct)|record|interface|enum)\s+(?<name>[A-Z]\w*)(?:<[^>{;]*>)?"
        + @"\s*(?:\([^{;]*?\))?\s*(?::\s*(?<bases>[^{;(]+))?"
        + @"|\bdelegate\s+[\w<>?\[\], .]+\s(?<name>[A-Z]\w*)\s*[<(]")]
    private static partial Regex Declaration();

    /// <summary>An element of a collection: <c>new("x", 1),</c> or <c>("x", y),</c> or <c>["x"] = y,</c></summary>
    [GeneratedRegex(@"^\s*(?:new\s?\w*\(|\(""|\[""[^""]*""\] = ).*,\s*$")]
    private static partial Regex Row();
}
