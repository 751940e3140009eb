using System.Diagnostics;
using System.Globalization;
using System.Text;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Support;

/// <summary>A program that runs beside the test. Killed when the test leaves it running.</summary>
internal sealed class RunningProgram : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private readonly Process _process;
    private readonly StringBuilder _error = new();

    public RunningProgram(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.StandardOutputEncoding = start.StandardErrorEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        start.UseShellExecute = false;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
            {
                lock (_error)
                {
                    _error.Append(line.Data).Append('\n');
                }
            }
        };
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public StreamReader Output => _process.StandardOutput;

    /// <summary>Reads the next line of stdout; <c>null</c> when there is none any more.</summary>
    public string? NextLine() => _process.NextLine(Patience);

    public StreamWriter Input => _process.StandardInput;

    /// <summary>Sends a signal by name, such as INT.</summary>
    public void Signal(string name) =>
        Programs.Run("/bin/kill", ["-s", name, _process.Id.ToString(CultureInfo.InvariantCulture)]).Expect(0);

    /// <summary>Waits until stderr has these words.</summary>
    /// <returns>The line that has the words.</returns>
    public string WaitForError(string words)
    {
        string? found = null;
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    lock (_error)
                    {
                        found = _error.ToString().Split('\n').FirstOrDefault(line => line.Contains(words, StringComparison.Ordinal));
                        return found is not null;
                    }
                },
                Patience),
            $"stderr never said {words}");
        return found!;
    }

    /// <summary>Reads the rest and waits for the end.</summary>
    public RunResult Finish()
    {
        var output = Task.Run(() => Output.BaseStream.CanRead ? Output.ReadToEnd() : "");
        return End(output);
    }

    /// <summary>Waits for the end without reading; stdout was closed.</summary>
    public RunResult FinishUnread() => End(Task.FromResult(""));

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private RunResult End(Task<string> output)
    {
        _process.End(Patience);

        // So that the last lines of stderr are there as well. A child that the program left behind may hold the pipes.
        _process.WaitForExitAsync().Await("stderr of the program, which has ended, ends too");
        return new RunResult(_process.ExitCode, output.Await("stdout of the program, which has ended, ends too"), _error.ToString());
    }
}
