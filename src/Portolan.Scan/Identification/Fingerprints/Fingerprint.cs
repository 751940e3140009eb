using System.Text;
using System.Text.RegularExpressions;

namespace Portolan.Scan.Identification.Fingerprints;

/// <summary>A pattern for one kind of text that services say, and what a match reports: a fingerprint in Recog's sense.</summary>
/// <param name="pattern">The pattern, which was compiled once when it was read.</param>
/// <param name="options">How it is meant.</param>
/// <param name="facts">What a match reports: a name, and a value or the number of the group that holds it.</param>
internal sealed class Fingerprint(string pattern, RegexOptions options, IReadOnlyList<(string Name, int Group, string? Value)> facts)
{
    /// <summary>For patterns that need backtracking: the text is a stranger's, who may choose it to take long.</summary>
    internal static readonly TimeSpan MatchLimit = TimeSpan.FromMilliseconds(50);

    private readonly Lazy<Regex> _regex = new(() => Compile(pattern, options));

    /// <summary>
    /// Compiles a pattern without backtracking where it can do without: then a text takes time in proportion to its length.
    /// </summary>
    /// <exception cref="ArgumentException">The pattern is none.</exception>
    public static Regex Compile(string pattern, RegexOptions options)
    {
        try
        {
            return new Regex(pattern, options | RegexOptions.NonBacktracking, MatchLimit);
        }
        catch (NotSupportedException)
        {
            // It looks ahead, or back at a group, or is too large for the other engine.
            return new Regex(pattern, options, MatchLimit);
        }
    }

    /// <summary>What the text reports; <c>null</c> where it does not match.</summary>
    public Dictionary<string, string>? Match(string text)
    {
        Match match;
        try
        {
            match = _regex.Value.Match(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }

        if (!match.Success)
        {
            return null;
        }

        var told = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, group, value) in facts)
        {
            var said = value ?? (match.Groups[group] is { Success: true } found ? found.Value : "");
            if (ReplyText.Of(Encoding.UTF8.GetBytes(said)) is { } text1)
            {
                told[name] = text1;
            }
        }

        return told;
    }
}
