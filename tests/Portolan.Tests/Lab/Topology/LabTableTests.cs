using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Writing;

namespace Portolan.Tests.Lab.Topology;

public sealed class LabTableTests
{
    private static readonly LabTopology[] Labs = [.. LabLibrary.Names.Select(LabLibrary.Load)];

    [Fact]
    public void Where_all_have_room_each_lab_is_one_line() => Assert.Equal(Labs.Length, LabTable.Lines(Labs, int.MaxValue).Count());

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void On_a_terminal_no_line_is_wider_and_no_word_is_lost(int columns)
    {
        List<string> lines = [.. LabTable.Lines(Labs, columns)];

        Assert.All(lines, line => Assert.True(line.Length <= columns, line));
        Assert.True(lines.Count > Labs.Length);

        // Below 50 columns the long names stand alone.
        var words = Words(string.Join(' ', LabTable.Lines(Labs, int.MaxValue)));
        Assert.Equal(
            words.Where(w => columns >= 50 || !IsCount(w)), Words(string.Join(' ', lines)).Where(w => columns >= 50 || !IsCount(w)));
    }

    [Fact]
    public void The_names_are_what_is_not_indented() =>
        Assert.Equal(
            Labs.Select(static lab => lab.Name),
            LabTable.Lines(Labs, 80).Where(static line => line[0] != ' ').Select(static line => line.Split(' ')[0]));

    private static bool IsCount(string word) => word is "hosts" or "scenario" || char.IsAsciiDigit(word[0]);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
