using System.Diagnostics;
using System.Globalization;

namespace Portolan.TunScenarios.Lwip;

/// <summary>The program of <c>bench/lwip</c>.</summary>
internal static class LwipProgram
{
    /// <summary>Where <c>bench/stack lwip</c> puts it.</summary>
    internal static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "../../../bench/lwip-peer");

    /// <summary>Runs it to its end, and returns the two numbers that it prints.</summary>
    internal static (double PerSecond, double ForProcessor) Figures(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(Path, words) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{Path} {string.Join(' ', words)} ended with {process.ExitCode}");
        }

        var numbers = Array.ConvertAll(text.Split(' '), static n => double.Parse(n, CultureInfo.InvariantCulture));
        return (numbers[0], numbers[1]);
    }
}
