using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests;

public sealed class CommandLineTests
{
    public static TheoryData<string> Commands => [.. PortolanProgram.Commands()];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_of_every_command_goes_to_stdout_and_is_the_same_both_ways(string command)
    {
        var help = PortolanProgram.Run(command, "--help").Expect(0);
        Assert.StartsWith($"portolan {command} - ", help.Output, StringComparison.Ordinal);
        Assert.Equal("", help.Error);
        Assert.Equal(help.Output, PortolanProgram.Run("help", command).Expect(0).Output);
    }

    [Fact]
    public void Help_without_a_command_names_every_command()
    {
        var help = PortolanProgram.Run("help").Expect(0);
        Assert.All(PortolanProgram.Commands(), command => Assert.Contains($"\n  {command} ", help.Output, StringComparison.Ordinal));
        Assert.Equal(help.Output, PortolanProgram.Run("--help").Expect(0).Output);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void An_unknown_option_of_any_command_exits_2_with_a_hint_and_prints_no_data(string command)
    {
        var result = PortolanProgram.Run(command, "--frobnicate").Expect(2);
        Assert.Equal("", result.Output);
        Assert.Equal($"portolan: unknown option '--frobnicate' for portolan {command}\nhint: run portolan help {command}\n", result.Error);
    }

    [Theory]
    [InlineData("portolan: unknown command 'stpo'\nhint: portolan -- stpo shows ports with that name\n", "stpo")]
    [InlineData("portolan: unknown command 'lsit'; did you mean list?\nhint: run portolan help list\n", "lsit")]
    [InlineData("portolan: unknown command '\\x1b[31m'\nhint: portolan help lists the commands\n", "\u001b[31m")]
    [InlineData("portolan: unknown option '-y' in '-tulpyn' for portolan list\nhint: run portolan help list\n", "list", "-tulpyn")]
    [InlineData("portolan: unexpected word 'extra'\nhint: run portolan help version\n", "version", "extra")]
    [InlineData("portolan: unexpected word '@/etc/passwd'\nhint: run portolan help version\n", "version", "@/etc/passwd")]
    [InlineData("portolan: unexpected word '--json'\nhint: run portolan help version\n", "version", "--", "--json")]
    [InlineData("portolan: SHELL is missing\nhint: run portolan help completions\n", "completions")]
    public void A_wrong_word_is_named_and_nothing_is_done(string error, params string[] args)
    {
        var result = PortolanProgram.Run(args).Expect(2);
        Assert.Equal(("", error), (result.Output, result.Error));
    }

    // The runtime's pipe of signals used to take the place of both streams, and then the output for signals to raise.
    [Theory]
    [InlineData("free")]
    [InlineData("version")]
    [InlineData("list")]
    public void Closed_standard_streams_are_an_error_and_nothing_worse(string command)
    {
        var result = Programs.Run("/bin/sh", ["-c", "exec \"$1\" \"$2\" <&- >&-", "sh", PortolanProgram.Path, command]).Expect(3);
        Assert.Equal("portolan: cannot write standard output: Bad file descriptor\n", result.Error);
    }

    [Fact]
    public void Options_bundle_as_netstat_and_ss_users_type_them() => PortolanProgram.Run("list", "-tulpn").Expect(0);

    [Fact]
    public void The_version_is_one_line_and_says_how_the_program_was_built()
    {
        var result = PortolanProgram.Run("version").Expect(0);
        Assert.Matches("^portolan [0-9]+\\.[0-9]+\\.[0-9]+.*, compiled (ahead of time|as it runs), .*\n$", result.Output);
        Assert.Equal(result.Output, PortolanProgram.Run("--version").Expect(0).Output);
    }
}
