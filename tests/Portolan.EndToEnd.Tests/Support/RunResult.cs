namespace Portolan.EndToEnd.Tests.Support;

/// <summary>What a program did.</summary>
/// <param name="ExitCode">Its exit code; 128 plus the signal when one ended it.</param>
/// <param name="Output">stdout.</param>
/// <param name="Error">stderr.</param>
internal sealed record RunResult(int ExitCode, string Output, string Error)
{
    /// <summary>Fails with everything the program said when it ended otherwise.</summary>
    public RunResult Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}, not {exitCode}\nstdout: {Output}\nstderr: {Error}");
        return this;
    }
}
