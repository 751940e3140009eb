using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>
/// A line of more than 140 characters is hard to read side by side. The number of such lines of code only goes down; lines of raw string
/// literals are text of another language (a ruleset, a shell script, a recorded document) and free.
/// </summary>
public sealed class LongLinesTests
{
    private const int Longest = 140;

    private const int Known = 48;

    [Fact]
    public void Long_lines_of_code_grow_rarer()
    {
        var found = Repository.Files().Where(static f => f.EndsWith(".cs", StringComparison.Ordinal))
            .Select(static f => (Path: f, Count: LongLinesOf(File.ReadLines(Repository.PathOf(f)))))
            .Where(static f => f.Count > 0).OrderByDescending(static f => f.Count).ToList();
        var sum = found.Sum(static f => f.Count);
        var places = string.Join(", ", found.Take(10).Select(static f => $"{f.Path} ({f.Count})"));
        Assert.True(sum <= Known, $"{sum} lines of code are longer than {Longest} characters, {Known} at most: wrap those you wrote. In "
            + $"{places}");
        Assert.True(sum == Known, $"only {sum} lines are longer than {Longest} characters now: lower the number from {Known}");
    }

    [Fact]
    public void Lines_of_raw_string_literals_are_free()
    {
        var text = new string('x', Longest + 1);
        Assert.Equal(1, LongLinesOf(["    var a = \"\"\"", text, "    \"\"\";", text]));
        Assert.Equal(1, LongLinesOf([$"\"\"\"{text}\"\"\"", "short"]));
    }

    private static int LongLinesOf(IEnumerable<string> lines)
    {
        var count = 0;
        var isRaw = false;
        foreach (var line in lines)
        {
            count += !isRaw && line.Length > Longest ? 1 : 0;
            isRaw ^= (line.Split("\"\"\"").Length - 1) % 2 == 1;
        }

        return count;
    }
}
