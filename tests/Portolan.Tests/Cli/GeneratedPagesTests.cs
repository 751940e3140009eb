using Portolan.Cli.Commands;
using Portolan.Cli.Help;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

public sealed class GeneratedPagesTests
{
    [Fact]
    public void The_committed_pages_of_docs_cli_are_what_the_commands_say_now()
    {
        var folder = Repository.PathOf("docs", "cli");
        var expected = GenerateCommand.Files("docs").ToDictionary(f => f.Name, f => f.Text, StringComparer.Ordinal);
        var actual = Directory.GetFiles(folder).ToDictionary(f => Path.GetFileName(f), File.ReadAllText, StringComparer.Ordinal);
        const string remedy = "run scripts/docs and commit docs/cli";
        Assert.True(expected.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(actual.Keys), remedy);
        Assert.All(expected, page => Assert.True(page.Value == actual[page.Key], $"{page.Key} has drifted: {remedy}"));
    }

    [Theory]
    [InlineData("a-b", @"a\-b")]
    [InlineData(@"\n", @"\en")]
    [InlineData(".TH", @"\&.TH")]
    [InlineData("'quoted'", @"\&'quoted'")]
    public void Roff_shows_text_as_it_is(string text, string escaped) => Assert.Equal(escaped, ManPage.Escape(text));

    [Fact]
    public void Paragraphs_keep_indented_lines_and_join_prose() => Assert.Equal(
        [("one two", false), ("  code", true), ("three", false)],
        Paragraphs.Of("one\ntwo\n\n  code\n\nthree"));

    [Fact]
    public void Prose_is_broken_between_words()
    {
        Assert.Equal(["aaa bbb", "ccc", "dddddddddd", "e"], Paragraphs.Wrap("aaa bbb ccc dddddddddd e", 8));
        Assert.Equal([""], Paragraphs.Wrap("", 8));
    }
}
