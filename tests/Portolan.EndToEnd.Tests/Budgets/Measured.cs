using System.Globalization;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Budgets;

/// <summary>A run of the program with what it took, its children included, as the kernel counted it (wait4(2)).</summary>
/// <param name="Result">What it did.</param>
/// <param name="PeakMiB">The most memory of one process that was resident at once.</param>
/// <param name="ProcessorTime">Time in the program and in the kernel.</param>
internal sealed record Measured(RunResult Result, long PeakMiB, TimeSpan ProcessorTime)
{
    /// <summary>Past this the program is stopped by a limit of its own, so that a defect does not take the machine.</summary>
    private const long HardLimit = 3L << 30;

    /// <summary>Runs the program.</summary>
    /// <param name="args">Its arguments.</param>
    /// <param name="input">A file that is its standard input; <c>null</c> for an empty one.</param>
    public static Measured Run(IEnumerable<string> args, string? input = null)
    {
        var time = Programs.Find("time", "/usr/bin/time");
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?> { ["XDG_DATA_HOME"] = folder.Path, ["XDG_STATE_HOME"] = folder.Path };

        // The only way to hand over an open file without reading it here; nothing but its name comes from outside the script.
        string[] shell = ["-c", "exec \"$@\" <\"$0\"", input ?? "/dev/null"];
        var limit = HardLimit.ToString(CultureInfo.InvariantCulture);
        var result = Programs.Run(
            "/bin/sh",
            [.. shell, time, "-o", folder["figures"], "-f", "%M %U %S", "/usr/bin/timeout", "--signal=KILL", "60", "/usr/bin/prlimit",
                $"--data={limit}:{limit}", PortolanProgram.Path, .. args],
            environment: environment);
        var figures =
            File.ReadLines(folder["figures"]).Last().Split(' ').Select(f => double.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        return new Measured(result, (long)figures[0] / 1024, TimeSpan.FromSeconds(figures[1] + figures[2]));
    }
}
