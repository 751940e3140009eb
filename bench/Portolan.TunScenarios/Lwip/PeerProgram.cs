using System.Diagnostics;
using Portolan.Kernel.Tests.Support;

namespace Portolan.TunScenarios.Lwip;

/// <summary>A TCP of user space at one end of a TUN device, in a process of its own.</summary>
internal sealed class PeerProgram : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts it in a host, and waits until its device is up there, with the host's end addressed.</summary>
    internal PeerProgram(LabHost host, string hostAddress, string path, params string[] words)
    {
        _process = host.Start(path, words);
        if (_process.StandardOutput.ReadLine() != "ready")
        {
            throw new InvalidOperationException($"{path} did not start: {_process.StandardError.ReadToEnd()}");
        }

        host.Ip("link set tun0 up txqueuelen 10000");
        host.Address("tun0", $"{hostAddress}/24");
    }

    /// <summary>Processor time so far, counted by the kernel in ticks of 10 ms.</summary>
    internal TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The part of it that was not the kernel's.</summary>
    internal TimeSpan OwnProcessor
    {
        get
        {
            _process.Refresh();
            return _process.UserProcessorTime;
        }
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
