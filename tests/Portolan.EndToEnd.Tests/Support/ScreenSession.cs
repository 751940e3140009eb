using System.Globalization;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Support;

/// <summary>A program on a pseudo terminal of its own, made by script(1): keys go in, and what the terminal shows comes out.</summary>
internal sealed class ScreenSession : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly RunningProgram _script;
    private readonly ScreenReplay _replay = new();
    private readonly Lock _lock = new();
    private readonly Task _reading;
    private readonly string _terminal;

    private ScreenSession(RunningProgram script)
    {
        _script = script;
        _reading = Task.Run(Read);
        Until("the terminal is named", static screen => screen.Lines is [['/', ..], ..]);
        lock (_lock)
        {
            _terminal = _replay.Lines[0];
        }
    }

    /// <summary>Starts it.</summary>
    /// <param name="columns">Columns of the terminal.</param>
    /// <param name="rows">Rows of the terminal.</param>
    /// <param name="command">A command line of the shell.</param>
    /// <param name="environment">Variables besides TERM.</param>
    public static ScreenSession Start(
        int columns, int rows, string command, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var script = Programs.Find("script", "/usr/bin/script");
        var all = new Dictionary<string, string?>(StringComparer.Ordinal) { ["TERM"] = "xterm", ["LC_ALL"] = "C.UTF-8", ["PS1"] = "$ " };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            all[name] = value;
        }

        var line = string.Create(CultureInfo.InvariantCulture, $"tty; stty cols {columns} rows {rows}; {command}");
        return new ScreenSession(Programs.Start(script, ["-q", "-e", "-c", line, "/dev/null"], environment: all));
    }

    /// <summary>Types.</summary>
    public void Type(string keys)
    {
        _script.Input.Write(keys);
        _script.Input.Flush();
    }

    /// <summary>Gives the terminal another size.</summary>
    public void Resize(int columns, int rows) => Programs.Run(
        "/usr/bin/stty",
        ["-F", _terminal, "cols", columns.ToString(CultureInfo.InvariantCulture), "rows", rows.ToString(CultureInfo.InvariantCulture)])
        .Expect(0);

    /// <summary>Sends a signal to the program in front.</summary>
    public void Signal(string name)
    {
        var pid = _script.Id.ToString(CultureInfo.InvariantCulture);
        while (File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ') is [{ Length: > 0 } child, ..])
        {
            pid = child;
        }

        Programs.Run("/bin/kill", ["-s", name, pid]).Expect(0);
    }

    /// <summary>Waits until the screen is so.</summary>
    /// <returns>Its lines.</returns>
    public IReadOnlyList<string> Until(string what, Func<ScreenReplay, bool> isSo)
    {
        IReadOnlyList<string> lines = [];
        var isReached = SpinWait.SpinUntil(
            () =>
            {
                Thread.Yield();
                lock (_lock)
                {
                    lines = _replay.Lines;
                    return isSo(_replay);
                }
            },
            Patience);
        Assert.True(isReached, $"it never came that {what}:\n{string.Join('\n', lines)}");
        return lines;
    }

    /// <summary>Waits until a line has these words.</summary>
    /// <returns>The lines.</returns>
    public IReadOnlyList<string> UntilShown(string words) =>
        Until($"'{words}' is shown", screen => screen.Lines.Any(line => line.Contains(words, StringComparison.Ordinal)));

    /// <summary>Waits for the end.</summary>
    /// <returns>What the terminal shows then, and the exit code.</returns>
    public (ScreenReplay Screen, int ExitCode) Finish()
    {
        _reading.Await("the terminal is closed");
        return (_replay, _script.FinishUnread().ExitCode);
    }

    public void Dispose() => _script.Dispose();

    private void Read()
    {
        var buffer = new byte[4096];
        while (_script.Output.BaseStream.Read(buffer) is > 0 and var count)
        {
            lock (_lock)
            {
                _replay.Add(buffer.AsSpan(0, count));
            }
        }
    }
}
