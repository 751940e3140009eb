using Portolan.Model;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Addresses that words name in nmap's grammar. Names are not looked up, so they are none.</summary>
public sealed class TargetScope
{
    private readonly List<TargetExpression> _expressions;

    private TargetScope(List<TargetExpression> expressions) => _expressions = expressions;

    /// <summary>How many addresses; one that two words name counts twice.</summary>
    public UInt128 Count
    {
        get
        {
            var count = UInt128.Zero;
            foreach (var expression in _expressions)
            {
                count += expression.Octets is { } octets ? octets.Count : expression.Last - expression.First + 1;
            }

            return count;
        }
    }

    /// <summary>Reads what a person names.</summary>
    /// <param name="words">The words.</param>
    /// <param name="option">The option, for the message.</param>
    /// <exception cref="PortolanException">A word names no address. Exit code 2.</exception>
    public static TargetScope Parse(IEnumerable<string> words, string option)
    {
        ArgumentNullException.ThrowIfNull(words);
        var expressions = new List<TargetExpression>();
        foreach (var word in words)
        {
            expressions.Add(
                AddressesOf(word) ?? throw new PortolanException(
                    $"{option}: '{word}' is not an address, a prefix or a range",
                    $"name addresses (198.18.0.1), prefixes (198.18.0.0/24) or octet ranges (198.18.0.1-20), separated by commas",
                    ExitCode.Usage));
        }

        return new TargetScope(expressions);
    }

    /// <summary>
    /// Takes what looks like addresses from a scanner's command line; other words are skipped. <c>null</c> where there are none.
    /// </summary>
    public static TargetScope? OfCommandLine(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var expressions = new List<TargetExpression>();
        foreach (var word in words.Skip(1))
        {
            if (word.Length > 0 && word[0] != '-' && AddressesOf(word) is { } expression)
            {
                expressions.Add(expression);
            }
        }

        return expressions.Count == 0 ? null : new TargetScope(expressions);
    }

    /// <summary>These addresses and others.</summary>
    public TargetScope With(TargetScope other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new TargetScope([.. _expressions, .. other._expressions]);
    }

    /// <summary>Whether the address is one of them.</summary>
    public bool Contains(InternetAddress address)
    {
        foreach (var expression in _expressions)
        {
            if (expression.Octets is { } octets
                ? address.IsIPv4 && octets.Contains(address.IPv4Bits)
                : expression.IsIPv4 == address.IsIPv4 && expression.First <= address.Number && address.Number <= expression.Last)
            {
                return true;
            }
        }

        return false;
    }

    private static TargetExpression? AddressesOf(string word) =>
        TargetGrammar.TryParse(word, out var expression, out _) && expression.Kind != TargetKind.Name && expression.Ports is null
            ? expression
            : null;
}
