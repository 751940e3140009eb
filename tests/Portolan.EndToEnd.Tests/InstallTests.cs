using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

public sealed class InstallTests
{
    private static readonly string Script = Repository.PathOf("install");

    [Fact]
    public void Install_puts_program_man_pages_and_completions_in_place_and_takes_them_away_again()
    {
        using var folder = new TemporaryFolder();
        Programs.Run(Script, [folder["prefix"]]).Expect(0);

        Assert.Equal(
            PortolanProgram.Run("version").Output, Programs.Run(folder["prefix", "bin", "portolan"], ["version"]).Expect(0).Output);
        string[] expected =
        [
            "bin/portolan",
            "bin/portolan-server",
            "share/bash-completion/completions/portolan",
            "share/fish/vendor_completions.d/portolan.fish",
            "share/zsh/site-functions/_portolan",
            "share/man/man1/portolan.1",
            .. PortolanProgram.Pages().Select(c => $"share/man/man1/portolan-{c}.1"),
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), Files(folder["prefix"]));

        Programs.Run(Script, ["--uninstall", folder["prefix"]]).Expect(0);
        Assert.Empty(Files(folder["prefix"]));
    }

    [Fact]
    public void A_package_is_made_under_destdir()
    {
        using var folder = new TemporaryFolder();
        Programs.Run(Script, ["/usr"], environment: new Dictionary<string, string?>(StringComparer.Ordinal) { ["DESTDIR"] = folder.Path })
            .Expect(0);
        Assert.True(File.Exists(folder["usr", "bin", "portolan"]));
    }

    [Fact]
    public void Where_it_may_not_write_it_does_nothing_and_says_what_to_do()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        var result = Programs.Run(Script, [folder["file"]]).Expect(3);
        Assert.Contains("nothing was done", result.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("relative/prefix")]
    [InlineData("--frobnicate")]
    public void A_wrong_word_is_refused(string word) => Programs.Run(Script, [word]).Expect(2);

    [Fact]
    public void Every_man_page_renders_without_a_complaint()
    {
        var man = Programs.Find("man", "/usr/bin/man");
        Programs.Find("groff", "/usr/bin/groff");
        using var folder = new TemporaryFolder();
        PortolanProgram.Run("generate", "man", folder.Path).Expect(0);
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["MANWIDTH"] = "100",
            ["LC_ALL"] = "C.UTF-8",
            ["MANPAGER"] = "cat",
        };
        foreach (var page in Files(folder.Path))
        {
            var shown = Programs.Run(man, ["--warnings=w", "-l", folder[page]], environment: environment).Expect(0);
            Assert.Equal("", shown.Error);
            Assert.Contains("EXAMPLES", shown.Output, StringComparison.Ordinal);
            Assert.Contains("EXIT STATUS", shown.Output, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order(
            StringComparer.Ordinal);
}
