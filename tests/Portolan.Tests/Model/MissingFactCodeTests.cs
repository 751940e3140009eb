using System.Text.RegularExpressions;
using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Model;

/// <summary>The codes of what is missing: their names are stable, documented, and all of them in use.</summary>
public sealed partial class MissingFactCodeTests
{
    public static TheoryData<MissingFactCode> All => [.. Enum.GetValues<MissingFactCode>()];

    [Theory]
    [MemberData(nameof(All))]
    public void A_name_is_the_word_of_the_code_and_is_read_back(MissingFactCode code)
    {
        Assert.Equal(Hump().Replace(code.ToString(), "-$0").TrimStart('-').ToLowerInvariant(), code.Name());
        Assert.True(MissingFactCodes.TryParse(code.Name(), out var read));
        Assert.Equal(code, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Sockets-Unread")]
    [InlineData("sockets")]
    public void Other_names_are_not_read(string name) => Assert.False(MissingFactCodes.TryParse(name, out _));

    [Fact]
    public void The_page_has_each_code_once_in_order() => Assert.Equal(
        Enum.GetValues<MissingFactCode>().Select(static c => c.Name()),
        Row().Matches(File.ReadAllText(Repository.PathOf("docs/missing.md"))).Select(static m => m.Groups[1].Value));

    [Fact]
    public void Each_code_is_given_somewhere()
    {
        var source = string.Concat(
            Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
                .Where(static f => Path.GetFileName(f) != "MissingFactCode.cs").Select(File.ReadAllText));
        Assert.Empty(Enum.GetValues<MissingFactCode>().Where(
            code => !Regex.IsMatch(source, $@"\bMissingFactCode\.{code}\b", RegexOptions.None, TimeSpan.FromSeconds(10))));
    }

    [GeneratedRegex("[A-Z]", RegexOptions.None, 1000)]
    private static partial Regex Hump();

    [GeneratedRegex(@"(?m)^\| `([a-z-]+)` \|", RegexOptions.None, 1000)]
    private static partial Regex Row();
}
