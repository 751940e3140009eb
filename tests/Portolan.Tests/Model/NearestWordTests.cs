using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Tests.Model;

public sealed class NearestWordTests
{
    [Theory]
    [InlineData("htps", "https")]
    [InlineData("htttp", "http")]
    [InlineData("postgres", "postgresql")]
    [InlineData("domian", "domain")]
    [InlineData("DOMIAN", "domain")]
    public void A_mistyped_service_leads_to_the_one_that_was_meant(string typed, string meant) =>
        Assert.Equal(meant, NearestWord.Find(typed, ServiceRegistry.BuiltIn.Names()));

    [Theory]
    [InlineData("same first letter", "cat", "bat", "cab")]
    [InlineData("then the same last letter", "cxt", "cxa", "cat")]
    [InlineData("then the same length", "cat", "caat", "cot")]
    [InlineData("then the earlier", "cat", "cot", "cut")]
    public void Equally_near_words_are_told_apart_by(string rule, string typed, string first, string second)
    {
        var winner = rule == "then the earlier" ? first : second;
        Assert.Equal(NearestWord.Distance(typed, first), NearestWord.Distance(typed, second));
        Assert.Equal(winner, NearestWord.Find(typed, [first, second]));
        Assert.Equal(rule == "then the earlier" ? second : winner, NearestWord.Find(typed, [second, first]));
    }

    [Fact]
    public void Fewer_mistakes_count_for_more_than_the_ends() => Assert.Equal("bat", NearestWord.Find("cat", ["cot-s", "bat"]));

    [Fact]
    public void What_is_far_from_everything_leads_nowhere() => Assert.Null(NearestWord.Find("frobnicate", ["list", "who", "port"]));
}
