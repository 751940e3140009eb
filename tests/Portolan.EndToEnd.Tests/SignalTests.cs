using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests;

public sealed class SignalTests
{
    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void A_signal_ends_the_program_at_once_with_its_exit_code(string signal, int exitCode)
    {
        using var program = PortolanProgram.Start("list", "-tl", "--watch=60");
        Assert.NotNull(program.NextLine());
        var started = TimeProvider.System.GetTimestamp();
        program.Signal(signal);
        var result = program.Finish().Expect(exitCode);
        Assert.Equal("", result.Error);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "the wait between two looks was sat out");
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void A_signal_ends_a_program_at_once_that_waits_for_its_reader(string signal, int exitCode)
    {
        // A command that does not stop gets five seconds, each time. On a busy machine one end may take that long by itself.
        var endsAtOnce = Enumerable.Range(0, 5).Any(_ => EndsWithin(TimeSpan.FromSeconds(4)));
        Assert.True(endsAtOnce, "it was waited for a command that cannot be told to stop");

        bool EndsWithin(TimeSpan longest)
        {
            using var program = PortolanProgram.Start("port", "0-65535", "--json");
            Assert.NotNull(program.NextLine());
            var started = TimeProvider.System.GetTimestamp();
            program.Signal(signal);
            program.FinishUnread().Expect(exitCode);
            return TimeProvider.System.GetElapsedTime(started) < longest;
        }
    }

    [Fact]
    public void A_reader_that_goes_away_is_success_and_ends_a_watch()
    {
        using var program = PortolanProgram.Start("list", "-tl", "--watch=0.1");
        Assert.NotNull(program.NextLine());
        program.Output.Close();
        var result = program.FinishUnread().Expect(0);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public void A_reader_that_was_never_there_is_success()
    {
        using var program = PortolanProgram.Start("help", "list");
        program.Output.Close();
        program.FinishUnread().Expect(0);
    }

    [Fact]
    public void A_full_disk_is_a_failure_that_is_said()
    {
        var result = Programs.Run("/bin/sh", ["-c", "exec \"$0\" version > /dev/full", PortolanProgram.Path]).Expect(3);
        Assert.Equal("portolan: cannot write standard output: No space left on device\n", result.Error);
    }

    [Fact]
    public void A_closed_stdout_is_a_failure_that_is_said()
    {
        var result = Programs.Run("/bin/sh", ["-c", "exec \"$0\" version >&-", PortolanProgram.Path]).Expect(3);
        Assert.StartsWith("portolan: cannot write standard output: ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lsit", 2)]
    [InlineData("nobody-listens-so", 1)]
    [InlineData("list -tln", 0)]
    public void A_closed_stderr_changes_no_exit_code(string words, int exitCode) =>
        Programs.Run("/bin/sh", ["-c", $"exec \"$0\" {words} 2>&-", PortolanProgram.Path]).Expect(exitCode);
}
