using Portolan.Tests.Support;

namespace Portolan.Tests.Transport.Conformance;

/// <summary>Every requirement of RFC 9293 has code and a test, or a reason.</summary>
public sealed class TcpRequirementTests
{
    private static readonly TcpRequirementTable Table = new();

    [Fact]
    public void Every_requirement_has_code_and_a_test_or_a_reason()
    {
        var bare = TcpRequirement.All.Where(static r => r.Remark is null && !(Table.HasCode(r.Id) && Table.HasTest(r.Id)))
            .Select(static r => $"{r.Id} ({r.What}): {(Table.HasCode(r.Id) ? "" : "no code ")}{(Table.HasTest(r.Id) ? "" : "no test")}");
        Assert.Equal([], bare);
    }

    [Fact]
    public void Code_and_tests_name_only_requirements_that_exist() =>
        Assert.Equal([], Table.Used.Except(TcpRequirement.All.Select(static requirement => requirement.Id)));

    [Fact]
    public void Each_stands_in_the_list_once() =>
        Assert.Equal(
            [], TcpRequirement.All.GroupBy(static requirement => requirement.Id).Where(static group => group.Count() > 1).Select(
                static group => group.Key));

    [Fact]
    public void The_page_says_what_code_and_tests_say()
    {
        var page = Repository.PathOf("docs", "rfc9293.md");
        var text = Table.Write();
        if (Environment.GetEnvironmentVariable("PORTOLAN_WRITE_DOCS") == "1")
        {
            File.WriteAllText(page, text);
        }

        Assert.Equal(text, File.Exists(page) ? File.ReadAllText(page) : "", ignoreLineEndingDifferences: true);
    }
}
