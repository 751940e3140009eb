using Portolan.Cli.Output;

namespace Portolan.Tests.Cli;

public sealed class TextTableTests
{
    private static readonly TableColumn[] Columns = [new("PORT", AlignRight: true), new("OWNER", Shrinks: true), new("SERVICE")];

    [Fact]
    public void Columns_are_as_wide_as_their_widest_value_and_lines_have_no_trailing_blanks() => Assert.Equal(
        """
         PORT  OWNER        SERVICE
           22  sshd         ssh
        65535  a-long-name

        """,
        Render([["22", "sshd", "ssh"], ["65535", "a-long-name", ""]]));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_row_whose_last_cells_are_empty_ends_with_its_text(bool color) => Assert.EndsWith(
        "\n  22  sshd\n  80\n      nginx  http\n",
        Render([["22", "sshd", ""], ["80", "", ""], ["", "nginx", "http"]], color: color),
        StringComparison.Ordinal);

    [Fact]
    public void Wide_and_combining_characters_take_the_columns_they_take_on_a_terminal() => Assert.Equal(
        "PORT  OWNER  SERVICE\n   1  测试   x\n   2  e\u0301      y\n",
        Render([["1", "测试", "x"], ["2", "e\u0301", "y"]]));

    [Fact]
    public void A_narrow_terminal_cuts_the_column_that_may_shrink_with_an_ellipsis()
    {
        var text = Render([["22", "a-very-long-process-name", "ssh"], ["80", "short", "http"]], maxWidth: 26);

        Assert.Equal("PORT  OWNER        SERVICE\n  22  a-very-lon…  ssh\n  80  short        http\n", text);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 26));
    }

    [Fact]
    public void A_wide_character_is_never_cut_in_half() =>
        Assert.Contains("测测测…   ", Render([["1", "测测测测测测测测", "x"]], maxWidth: 23), StringComparison.Ordinal);

    [Fact]
    public void Piped_output_is_never_cut() =>
        Assert.Contains(new string('n', 500), Render([["22", new string('n', 500), "ssh"]]), StringComparison.Ordinal);

    [Fact]
    public void Colour_wraps_the_value_and_not_the_padding() =>
        Assert.Contains("  \x1b[31mno\x1b[0m     x\n", Render([["1", "!no", "x"]], color: true), StringComparison.Ordinal);

    [Fact]
    public void Many_rows_come_out_in_order_and_aligned()
    {
        var rows = Enumerable.Range(0, 20_000).Select(i => new[] { $"{i}", new string('x', i % 50), "s" }).ToArray();

        var lines = Render(rows).TrimEnd('\n').Split('\n');

        Assert.Equal(20_001, lines.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            Assert.Equal($"{rows[i][0],5}  {rows[i][1],-49}  s", lines[i + 1]);
        }
    }

    private static string Render(string[][] rows, int? maxWidth = null, bool color = false)
    {
        using var stream = new MemoryStream();
        var writer = new Utf8Writer(stream, capacity: 128);
        TextTable.Write(writer, Columns, new Rows(rows), color, maxWidth);
        writer.Flush();
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private readonly struct Rows(string[][] rows) : ITableRows
    {
        public int Count => rows.Length;

        public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
        {
            var text = rows[row][column];
            var red = text.StartsWith('!');
            cell.Write(red ? text[1..] : text);
            return red ? AnsiStyle.Red : AnsiStyle.None;
        }
    }
}
