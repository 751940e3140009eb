using System.Diagnostics;

namespace Portolan.Tests.Model;

public sealed class AdviceTests
{
    private static readonly string[] Hostile =
        ["a b", "x;touch y", "$(id)", "`id`", "it's", "\"", "\\", "*", "~root", "!!", "=ls", "", "new\nline", "a\u001b[31mb", "rtl\u202e",
            "Straße", "-rf", "#", "&& id", "|sh", ">f"];

    [Fact]
    public void Text_of_the_program_stands_as_it_is_written()
    {
        Assert.Equal("run portolan list -tulp; it's all there", Text($"run portolan list -tulp; it's all there"));
        Assert.Equal("", Text($""));
    }

    [Fact]
    public void What_is_filled_in_is_one_word_each()
    {
        var (path, count) = ("/tmp/a b", 1024);
        Assert.Equal("mkdir -p '/tmp/a b' # 1024, 1024", Text($"mkdir -p {path} # {count}, {count:D}"));
        Assert.Equal("''", Text($"{(string?)null}"));
        Assert.Equal("kill -9 1 'a b' ''", Text($"kill {Advice.Words(["-9", "1", "a b", ""])}"));
        Assert.Equal("there are eth0, 'a b'", Text($"there are {Advice.List(["eth0", "a b"])}"));
        Assert.Equal("x --rules=-f", Text($"x {Advice.Option("--rules", "-f")}"));
    }

    [Fact]
    public void Another_advice_stands_as_it_is()
    {
        Advice command = $"rm {"a b"}";
        Assert.Equal("sudo rm 'a b' && sudo rm 'a b'", Text($"{Advice.Join(" && ", [$"sudo {command}", $"sudo {command}"])}"));
        Assert.Equal("run rm 'a b', not x", Text($"run {command}, " + $"not {"x"}"));
        Assert.Equal(command, Advice.Of($"rm {"a b"}"));
        Assert.NotEqual(command, Advice.Of($"rm {"a"}"));
    }

    [Fact]
    public void Prose_of_others_stays_on_its_line() => Assert.Equal(@"# of a\x0ab", Text($"# of {Advice.Prose("a\nb")}"));

    [Fact]
    public void A_shell_reads_each_word_back_as_it_was()
    {
        foreach (var shell in (string[])["/bin/bash", "/bin/sh"])
        {
            foreach (var word in Hostile)
            {
                // POSIX knows $'…' since 2024 only, and dash does not yet.
                if (shell.EndsWith("/sh", StringComparison.Ordinal) && ShellWord.Of(word) is null)
                {
                    continue;
                }

                Assert.Equal($"<{word}>", Run(shell, $"printf '<%s>' {word}"));
            }
        }
    }

    [Fact]
    public void A_terminal_shows_an_advice_unchanged()
    {
        foreach (var word in Hostile)
        {
            var text = Text($"run {word} # {Advice.Prose(word)}");
            Assert.Equal(TerminalText.Escape(text), text);
        }
    }

    private static string Text(Advice advice) => advice.ToString();

    private static string Run(string shell, Advice command)
    {
        using var process = Process.Start(new ProcessStartInfo(shell, ["-c", command.ToString()]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
