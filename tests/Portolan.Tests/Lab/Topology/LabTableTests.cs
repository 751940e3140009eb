using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Writing;

namespace Portolan.Tests.Lab.Topology;

public sealed class LabTableTests
{
    private static readonly LabTopology[] Labs = [.. LabLibrary.Names.Select(LabLibrary.Load)];

    [Fact]
    public void Without_a_terminal_each_lab_is_one_line() => Assert.Equal(Labs.Length, LabTable.Lines(Labs, int.MaxValue).Count());

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void On_a_terminal_no_line_is_wider_and_no_word_is_lost(int columns)
    {
        List<string> lines = [.. LabTable.Lines(Labs, columns)];

        Assert.All(lines, line => Assert.True(line.Length <= columns, line));
        Assert.True(lines.Count > Labs.Length);
        Assert.Equal(Words(string.Join(' ', LabTable.Lines(Labs, int.MaxValue))), Words(string.Join(' ', lines)));
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
