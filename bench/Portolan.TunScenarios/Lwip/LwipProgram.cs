using System.Diagnostics;
using System.Globalization;
using Portolan.Kernel.Tests.Support;

namespace Portolan.TunScenarios.Lwip;

/// <summary>The program of <c>bench/lwip</c> at one end of a TUN device, in a process of its own.</summary>
internal sealed class LwipProgram : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts it in a host, and waits until its device is up there, with the host's end addressed.</summary>
    internal LwipProgram(LabHost host, string hostAddress, params string[] words)
    {
        _process = host.Start(Path, words);
        if (_process.StandardOutput.ReadLine() != "ready")
        {
            throw new InvalidOperationException($"{Path} did not start: {_process.StandardError.ReadToEnd()}");
        }

        host.Ip("link set tun0 up");
        host.Address("tun0", $"{hostAddress}/24");
    }

    /// <summary>Where <c>bench/stack lwip</c> puts it.</summary>
    internal static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "../../../bench/lwip-peer");

    /// <summary>Processor time so far, counted by the kernel in ticks of 10 ms.</summary>
    internal TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

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

    /// <summary>Lets it begin.</summary>
    internal void Begin() => _process.StandardInput.WriteLine("begin");

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
