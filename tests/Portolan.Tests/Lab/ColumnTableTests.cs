using Portolan.Lab.Scenarios;

namespace Portolan.Tests.Lab;

/// <summary>A table in any width: no word of it is lost, and no line is longer than it must be.</summary>
public sealed class ColumnTableTests
{
    private static readonly string[] Headings = ["#", "from", "socket", "says"];

    private static readonly string[][] Rows =
    [
        ["1", "server", "198.18.0.10:40000", "a sentence of several words"],
        ["20", "pc", "198.18.0.1:7", ""],
    ];

    [Fact]
    public void Where_there_is_room_columns_are_two_apart() => Assert.Equal(
        """
        #   from    socket             says
        1   server  198.18.0.10:40000  a sentence of several words
        20  pc      198.18.0.1:7
        """.Split('\n'),
        Lines(80));

    [Fact]
    public void With_less_room_they_are_one_apart_then_pairs_are_one_column_and_then_cells_are_broken() => Assert.Equal(
        """
        #  from socket       says
        1  server            a sentence
           198.18.0.10:40000 of several
                             words
        20 pc 198.18.0.1:7
        """.Split('\n'),
        Lines(31));

    [Fact]
    public void No_word_is_lost_in_any_width()
    {
        var letters = Letters(Lines(80));
        for (var width = 1; width <= 80; width++)
        {
            var lines = Lines(width);
            Assert.Equal(letters, Letters(lines));
            Assert.True(width < 40 || lines.All(line => line.Length <= width), $"wider than {width}:\n{string.Join('\n', lines)}");
        }
    }

    private static IReadOnlyList<string> Lines(int width) => TextColumns.Lines(Headings, Rows, [(1, 2)]).Lines(width);

    private static string Letters(IReadOnlyList<string> lines) => new([.. string.Concat(lines).Where(static c => c != ' ').Order()]);
}
