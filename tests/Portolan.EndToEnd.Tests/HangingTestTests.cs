using System.Globalization;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>
/// <c>scripts/run-tests</c>: a test that hangs is named and ended with all it started. The test program is a shell script.
/// </summary>
public sealed class HangingTestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_test_that_hangs_is_named_and_killed_with_what_it_started()
    {
        const string program = """
            printf 'begin %s\nbegin %s\nend %s\n' 'Tests.Ends(text: "a b")' Tests.Hangs 'Tests.Ends(text: "a b")' >>"$PORTOLAN_RUNNING_TESTS"
            sleep 1000 &
            echo $! $$
            wait
            """;
        Assert.Equal(124, Run(program, quiet: 2).ExitCode);
        var log = Log;
        Assert.Contains("  hangs: Tests.Hangs\n", log, StringComparison.Ordinal);
        Assert.DoesNotContain("hangs: Tests.Ends", log, StringComparison.Ordinal);
        foreach (var process in log.Split('\n')[0].Split(' ').Select(static number => int.Parse(number, CultureInfo.InvariantCulture)))
        {
            Assert.Contains($"\nprocess {process}: ", log, StringComparison.Ordinal);
            Assert.True(SpinWait.SpinUntil(() => HasEnded(process), TimeSpan.FromSeconds(30)), $"process {process} still runs");
        }
    }

    [Fact]
    public void A_program_that_ends_is_left_alone()
    {
        Assert.Equal(3, Run("echo 'begin Tests.Stays' >>\"$PORTOLAN_RUNNING_TESTS\"; echo said; exit 3", quiet: 600).ExitCode);
        Assert.Equal("said\n", Log);
    }

    private string Log => File.ReadAllText(_folder["log"]);

    private RunResult Run(string program, int quiet)
    {
        var environment = new Dictionary<string, string?>(
            StringComparer.Ordinal)
        { ["PORTOLAN_TEST_QUIET"] = quiet.ToString(CultureInfo.InvariantCulture) };
        return Programs.Run(
            Repository.PathOf("scripts", "run-tests"), ["log", "/bin/sh", "-c", $"cd /\n{program}"], folder: _folder.Path,
            environment: environment);
    }

    /// <summary>Gone, or killed and not waited for by whoever adopted it.</summary>
    private static bool HasEnded(int process)
    {
        try
        {
            return File.ReadLines($"/proc/{process}/status").Any(static line => line.StartsWith("State:\tZ", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return true;
        }
    }
}
