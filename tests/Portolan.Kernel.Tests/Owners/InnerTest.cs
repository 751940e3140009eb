using System.Diagnostics;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Owners;

/// <summary>
/// Runs a class of tests in a process of its own, started through another program: as another user, or in another namespace.
/// </summary>
/// <remarks>The tests of such a class are marked explicit, and skip themselves when they are asked for any other way.</remarks>
internal static class InnerTest
{
    private const string Variable = "PORTOLAN_INNER_TEST";

    /// <summary>For all tests of a class.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>Runs the class; fails with its output.</summary>
    internal static void Run(string className, string program, params string[] arguments)
    {
        using var process = Start(className, program, arguments);
        var (output, error, exit) = process.Finish(limit: Limit);
        Assert.True(
            exit == 0 && output.Contains("failed: 0", StringComparison.Ordinal)
                && !output.Contains("succeeded: 0", StringComparison.Ordinal) && output.Contains("skipped: 0", StringComparison.Ordinal),
                output + error);
    }

    /// <summary>Starts the class, for a test that does not wait for its end.</summary>
    internal static Process Start(string className, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Portolan.Kernel.Tests"));
        start.ArgumentList.Add("--filter-class");
        start.ArgumentList.Add($"*.{className}");
        start.ArgumentList.Add("--explicit");
        start.ArgumentList.Add("only");
        start.ArgumentList.Add("--no-progress");
        start.ArgumentList.Add("--results-directory");
        start.ArgumentList.Add(Path.GetTempPath());
        start.Environment[Variable] = className;
        return Process.Start(start)!;
    }

    /// <summary>Skips a test that was not started by <see cref="Run"/>.</summary>
    internal static void SkipUnless(string className)
        => Assert.SkipWhen(Environment.GetEnvironmentVariable(Variable) != className, "run by another test, in a process of its own");
}
