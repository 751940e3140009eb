using Portolan.Tests.Cli.Listing;

namespace Portolan.Tests.Cli.Screens;

/// <summary>The table of <c>list</c> at the widths of real terminals.</summary>
public sealed class ListScreenTests
{
    [Fact]
    public void The_list_fits_every_terminal() => Support.Screens.AssertReviewed("list", (width, ascii) => Draw(width, ascii, "-tuanp"));

    [Fact]
    public void The_list_with_users_and_inodes_fits_every_terminal() =>
        Support.Screens.AssertReviewed("list-extended", (width, ascii) => Draw(width, ascii, "-tlnpe"));

    private static string Draw(int width, bool ascii, string options)
    {
        using var bench = new ListBench(ListTableTests.Machine()) { IsTerminal = true, Width = width, IsAscii = ascii };
        Assert.Equal(0, bench.Run(options));
        return string.Join('\n', bench.Output.Split('\n').Select(static l => l.TrimEnd()));
    }
}
