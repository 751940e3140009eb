using System.Globalization;

namespace Portolan.Kernel.Tests.Firewall;

/// <summary>How many rulesets the referee tests make, and of which seeds.</summary>
internal static class LongMode
{
    /// <summary><c>PORTOLAN_REFEREE=2000</c> or <c>2000,SEED</c> runs so many rulesets.</summary>
    private const string Variable = "PORTOLAN_REFEREE";

    /// <summary>The number of rulesets and the first seed.</summary>
    public static (int Count, int Seed) Read(int sample, int firstSeed)
    {
        var words = Environment.GetEnvironmentVariable(Variable)?.Split(',') ?? [];
        return (words.Length > 0 ? Parse(words[0]) : sample, words.Length > 1 ? Parse(words[1]) : firstSeed);
    }

    private static int Parse(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
