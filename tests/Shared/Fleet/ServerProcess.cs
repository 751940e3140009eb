using System.Diagnostics;
using System.Globalization;
using Portolan.Tests.Support;

namespace Portolan.Tests.Fleet;

/// <summary>
/// A server as an ordinary process of its own user. The kernel kills it when this program ends in any way: its parent-death signal goes out
/// when the thread that started it ends, so that thread waits for it.
/// </summary>
internal sealed class ServerProcess
{
    private readonly TestThread _parent;
    private readonly string _log;
    private readonly string _name;
    private volatile int _exitCode;

    private ServerProcess(ProcessStartInfo start, string name, string log)
    {
        _name = name;
        _log = log;
        using var started = new ManualResetEventSlim();
        _parent = new TestThread(name, () =>
        {
            using var process = Process.Start(start)!;
            Id = process.Id;
            started.Set();
            process.WaitForExit();
            _exitCode = process.ExitCode;
        });
        started.Await($"{name} is started");
    }

    /// <summary>Of the server itself, not of a program that waits for it.</summary>
    public int Id { get; private set; }

    /// <summary>Whether it runs no more.</summary>
    public bool HasEnded => _parent.HasEnded;

    /// <summary>Starts a server that does not leave the process it is started in.</summary>
    /// <param name="folder">Where it works: the folder's user runs it in <see cref="ServerFolder.Data"/>.</param>
    /// <param name="log">A file in that folder that gets its stdout and stderr.</param>
    /// <param name="environment">All that it gets beside PATH and LANG.</param>
    /// <param name="path">Absolute path of the program.</param>
    /// <param name="arguments">Passed as they are.</param>
    public static ServerProcess Start(
        ServerFolder folder, string log, IReadOnlyDictionary<string, string> environment, string path, params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/setpriv", [
            "--reuid", folder.User, "--regid", folder.User, "--clear-groups", "--pdeathsig", "KILL", "--",
            "/bin/sh", "-c", "exec \"$@\" </dev/null >>\"$0\" 2>&1", Path.Combine(folder.Data, log), path, .. arguments])
        {
            WorkingDirectory = folder.Data,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["LANG"] = "C.UTF-8";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ServerProcess(start, Path.GetFileName(path), Path.Combine(folder.Data, log));
    }

    /// <summary>Sends a signal by name, e.g. TERM.</summary>
    public void Signal(string name) => ServerFolder.Run("/bin/kill", ["-s", name, Id.ToString(CultureInfo.InvariantCulture)]);

    /// <summary>Waits until it has ended, all its threads with it.</summary>
    public void End() => _parent.Join();

    /// <summary>Waits until it has ended, all its threads with it.</summary>
    public Task EndAsync() => LookAsync(() => Task.FromResult(HasEnded), "ended", mayEnd: true);

    /// <summary>Waits for a condition; fails at once when the server ends before.</summary>
    /// <exception cref="InvalidOperationException">The server ended; its log is in the message.</exception>
    /// <exception cref="TimeoutException">It did not come within <see cref="Bounded.Limit"/>.</exception>
    public Task UntilAsync(Func<Task<bool>> isSo, string what) => LookAsync(isSo, what, mayEnd: false);

    private async Task LookAsync(Func<Task<bool>> isSo, string what, bool mayEnd)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            if (!mayEnd && HasEnded)
            {
                throw new InvalidOperationException($"{_name} ended with {_exitCode} before it {what}:\n{Log()}");
            }

            if (Stopwatch.GetElapsedTime(began) > Bounded.Limit)
            {
                throw new TimeoutException($"{_name} has not {what} within {Bounded.Limit}:\n{Bounded.Describe(Id)}{Log()}");
            }

            await Task.Delay(30);
        }
    }

    private string Log() => File.Exists(_log) ? File.ReadAllText(_log) : "";
}
