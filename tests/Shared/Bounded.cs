using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;

namespace Portolan.Tests.Support;

/// <summary>
/// Waits that end: what does not come within <see cref="Limit"/> fails the test and says what was awaited and what is known. Nothing is
/// timed by it.
/// </summary>
internal static class Bounded
{
    /// <summary>Far longer than anything takes on a machine that is busy.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    /// <summary>How long the rest of a killed program's output is waited for: a child of its may hold the pipe.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    /// <summary>Waits for the end of a program whose output nobody reads here.</summary>
    /// <returns>Its exit code.</returns>
    internal static int End(this Process process, TimeSpan? limit = null)
    {
        if (!process.WaitForExit(limit ?? Limit))
        {
            throw Late(process, "end", limit ?? Limit);
        }

        return process.ExitCode;
    }

    /// <summary>Kills a program that may have ended, and waits for it.</summary>
    internal static void KillAndEnd(this Process process, bool entireProcessTree = false)
    {
        process.Kill(entireProcessTree);
        process.End();
    }

    /// <summary>Gives a program its input, closes that where it is a pipe, reads all it writes, and waits for its end.</summary>
    internal static (string Output, string Error, int ExitCode) Finish(this Process process, string? input = null, TimeSpan? limit = null)
    {
        // On threads of their own: the pool's may all be taken by tests.
        var output = process.StartInfo.RedirectStandardOutput ? new Reading(process.StandardOutput, "stdout of a program") : null;
        var error = process.StartInfo.RedirectStandardError ? new Reading(process.StandardError, "stderr of a program") : null;
        var began = Stopwatch.GetTimestamp();
        var all = limit ?? Limit;
        if (process.StartInfo.RedirectStandardInput)
        {
            var writing = new TestThread("stdin of a program", () => Write(process.StandardInput, input));
            if (!writing.TryJoin(all))
            {
                throw Late(process, "read its input", all, output, error);
            }
        }

        if (!process.WaitForExit(Left()) || output?.TryJoin(Left()) == false || error?.TryJoin(Left()) == false)
        {
            throw Late(process, process.HasExited ? "close its output, which a child of its may hold," : "end", all, output, error);
        }

        return (output?.Text ?? "", error?.Text ?? "", process.ExitCode);

        TimeSpan Left()
        {
            var left = all - Stopwatch.GetElapsedTime(began);
            return left > Rest ? left : Rest;
        }
    }

    /// <summary>Reads the next line of a program's stdout.</summary>
    /// <returns><c>null</c> when there is none any more.</returns>
    internal static string? NextLine(this Process process, TimeSpan? limit = null)
    {
        string? line = null;
        var reading = new TestThread("a line of a program", () => line = process.StandardOutput.ReadLine());
        return reading.TryJoin(limit ?? Limit) ? line : throw Late(process, "write a line", limit ?? Limit);
    }

    /// <summary>Reads the rest of a program's stdout.</summary>
    internal static string RestOfOutput(this Process process, TimeSpan? limit = null)
    {
        var reading = new Reading(process.StandardOutput, "stdout of a program");
        return reading.TryJoin(limit ?? Limit) ? reading.Text : throw Late(process, "close its stdout", limit ?? Limit, reading);
    }

    /// <summary>Waits for what comes by itself, looking again and again.</summary>
    internal static void Until(Func<bool> isSo, string what, TimeSpan? limit = null)
    {
        if (!SpinWait.SpinUntil(isSo, limit ?? Limit))
        {
            throw new TimeoutException($"within {Words(limit ?? Limit)} it did not come that {what}");
        }
    }

    /// <summary>Waits for an event that another thread sets.</summary>
    internal static void Await(this ManualResetEventSlim signal, string what, TimeSpan? limit = null)
    {
        if (!signal.Wait(limit ?? Limit))
        {
            throw new TimeoutException($"within {Words(limit ?? Limit)} it did not come that {what}");
        }
    }

    /// <summary>Waits for a task and throws what it failed with.</summary>
    internal static void Await(this Task task, string what, TimeSpan? limit = null)
    {
        if (Task.WaitAny([task], limit ?? Limit) < 0)
        {
            throw new TimeoutException($"within {Words(limit ?? Limit)} it did not come that {what}");
        }

        task.GetAwaiter().GetResult();
    }

    /// <summary>Waits for the result of a task.</summary>
    internal static T Await<T>(this Task<T> task, string what, TimeSpan? limit = null)
    {
        Await((Task)task, what, limit);
        return task.GetAwaiter().GetResult();
    }

    /// <summary>What is known of a process and its children: what each thread does, and where in the kernel it waits.</summary>
    internal static string Describe(int pid)
    {
        var text = new StringBuilder();
        Describe(text, pid, depth: 0);
        return text.ToString();
    }

    private static TimeoutException Late(Process process, string what, TimeSpan limit, params ReadOnlySpan<Reading?> readings)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} {process.StartInfo.Arguments} did not {what} "
                + $"within {Words(limit)}");
        text.Append('\n').Append(
            process.HasExited
                ? string.Create(CultureInfo.InvariantCulture, $"it has ended with {process.ExitCode}\n")
                : Describe(process.Id));
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception)
            when (exception is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            text.Append("it could not be killed: ").Append(exception.Message).Append('\n');
        }

        foreach (var reading in readings)
        {
            reading?.TryJoin(Rest);
            text.Append("it wrote: ").Append(reading?.Text).Append('\n');
        }

        return new TimeoutException(text.ToString());
    }

    private static void Describe(StringBuilder text, int pid, int depth)
    {
        if (depth > 5)
        {
            return;
        }

        var children = new List<int>();
        text.Append(CultureInfo.InvariantCulture, $"process {pid}: {Read($"/proc/{pid}/cmdline").Replace('\0', ' ')}\n");
        try
        {
            foreach (var thread in Directory.GetDirectories($"/proc/{pid}/task"))
            {
                var state =
                    Read($"{thread}/status").Split('\n').FirstOrDefault(static l => l.StartsWith("State:", StringComparison.Ordinal));
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"  {Path.GetFileName(thread)} {Read($"{thread}/comm").Trim()}: {state}, waits in {Read($"{thread}/wchan")}, system "
                        + $"call {Read($"{thread}/syscall").Trim()}\n");
                children.AddRange(
                    Read($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(
                        static c => int.Parse(c, CultureInfo.InvariantCulture)));
            }
        }
        catch (IOException)
        {
            text.Append("  it has gone\n");
        }

        children.ForEach(child => Describe(text, child, depth + 1));
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "?";
        }
    }

    private static void Write(StreamWriter writer, string? input)
    {
        try
        {
            writer.Write(input);
            writer.Close();
        }
        catch (IOException)
        {
            // It does not read all of it, or has ended; its exit code tells.
        }
    }

    private static string Words(TimeSpan limit) => string.Create(CultureInfo.InvariantCulture, $"{limit.TotalSeconds:0} s");

    /// <summary>Reads to the end beside the test, and has what came so far.</summary>
    private sealed class Reading
    {
        private readonly StringBuilder _text = new();
        private readonly TestThread _thread;

        public Reading(StreamReader reader, string name) => _thread = new TestThread(name, () => ReadAll(reader));

        public string Text
        {
            get
            {
                lock (_text)
                {
                    return _text.ToString();
                }
            }
        }

        public bool TryJoin(TimeSpan limit) => _thread.TryJoin(limit);

        private void ReadAll(StreamReader reader)
        {
            var buffer = new char[4096];
            while (reader.Read(buffer) is var count and > 0)
            {
                lock (_text)
                {
                    _text.Append(buffer, 0, count);
                }
            }
        }
    }
}

/// <summary>A thread beside a test. It never keeps the test program alive, and what it throws is thrown where it is joined.</summary>
internal sealed class TestThread
{
    private readonly Thread _thread;
    private readonly string _what;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Starts it.</summary>
    /// <param name="what">What it does, for who reads that it did not end.</param>
    /// <param name="body">Runs on it.</param>
    public TestThread(string what, Action body)
    {
        _what = what;
        _thread = new Thread(() =>
        {
            try
            {
                body();
            }
            catch (Exception exception)
            {
                _failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        { IsBackground = true, Name = what };
        _thread.Start();
    }

    /// <summary>Whether it runs no more.</summary>
    public bool HasEnded => !_thread.IsAlive;

    /// <summary>Waits for its end.</summary>
    public void Join(TimeSpan? limit = null)
    {
        if (!TryJoin(limit ?? Bounded.Limit))
        {
            throw new TimeoutException(string.Create(
                CultureInfo.InvariantCulture,
                $"the thread '{_what}' did not end within {(limit ?? Bounded.Limit).TotalSeconds:0} s; it is {_thread.ThreadState}"));
        }
    }

    /// <summary>Waits for its end as long as that.</summary>
    public bool TryJoin(TimeSpan limit)
    {
        if (!_thread.Join(limit))
        {
            return false;
        }

        _failure?.Throw();
        return true;
    }
}
