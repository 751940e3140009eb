using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>
/// A program that runs in namespaces of its own, without privilege where the kernel lets ordinary users make user namespaces.
/// </summary>
/// <remarks>
/// Its standard streams are pipes, or the caller's own. It is killed when this object is disposed or this process ends, however that
/// happens. A thread of its own makes it and waits for it, for the kernel ties a child to the thread that made it. The streams are not
/// synchronized; all else may be called from any thread.
/// </remarks>
public sealed unsafe class NamespaceProcess : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isGone;
    private bool _endsItsGroup;

    private NamespaceProcess(int pid) => Id = pid;

    private NamespaceProcess(int pid, SafeFileHandle input, SafeFileHandle output, SafeFileHandle error)
        : this(pid)
    {
        Input = new FileStream(input, FileAccess.Write, bufferSize: 0);
        Output = new FileStream(output, FileAccess.Read, bufferSize: 0);
        Error = new FileStream(error, FileAccess.Read, bufferSize: 0);
    }

    /// <summary>Its process id, as the caller sees it.</summary>
    public int Id { get; }

    /// <summary>Its stdin.</summary>
    public Stream Input { get; } = Stream.Null;

    /// <summary>Its stdout.</summary>
    public Stream Output { get; } = Stream.Null;

    /// <summary>Its stderr.</summary>
    public Stream Error { get; } = Stream.Null;

    /// <summary>The other end of what it has for stdin and stdout; <c>null</c> unless it was asked for.</summary>
    public Socket? Connection { get; private init; }

    /// <summary>Ends with the exit code, or with the negated number of the signal that killed it.</summary>
    public Task<int> Exited => _exit.Task;

    /// <summary>Starts a program.</summary>
    /// <exception cref="NamespaceProcessException">The namespaces are not allowed here, or the program cannot be run.</exception>
    /// <exception cref="LinuxException">There are no descriptors left.</exception>
    /// <exception cref="PlatformNotSupportedException">Not on this processor.</exception>
    public static NamespaceProcess Start(NamespaceProcessOptions options)
    {
        if (!Path.IsPathFullyQualified(options.Program))
        {
            throw new ArgumentException($"'{options.Program}' is not an absolute path", nameof(options));
        }

        var numbers = SystemCallNumbers.Current
            ?? throw new PlatformNotSupportedException($"no new namespaces on {RuntimeInformation.ProcessArchitecture}");
        NamespaceProcess? process = null;
        Exception? failure = null;
        using var started = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            try
            {
                process = Make(numbers, options);
            }
#pragma warning disable CA1031 // Carried over to the caller's thread, whatever it is.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = exception;
            }

            var own = process;
            started.Set();
            own?.Wait();
        }, maxStackSize: 256 * 1024)
        {
            IsBackground = true,
            Name = "namespace process",
        };
        thread.Start();
        started.Wait();
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        return process!;
    }

    /// <summary>Whether a file is there that this user may run.</summary>
    public static bool IsProgram(string path) => File.Exists(path) && Libc.access(path, Libc.X_OK) == 0;

    /// <summary>Kills it. Does nothing once it has ended.</summary>
    public void Kill() => Signal(Libc.SIGKILL);

    /// <summary>Sends it a signal by number, such as 15. Does nothing once it has ended.</summary>
    public void Signal(int signal)
    {
        lock (_lock)
        {
            if (!_isGone)
            {
                _ = Libc.kill(Id, signal);
            }
        }
    }

    /// <summary>Whether it is in the process group of the caller, so that what the terminal sends reaches both.</summary>
    public bool IsInOwnGroup
    {
        get
        {
            lock (_lock)
            {
                return !_isGone && Libc.getpgid(Id) == Libc.getpgrp();
            }
        }
    }

    /// <summary>Kills it, and closes the streams.</summary>
    public void Dispose()
    {
        Kill();
        Input.Dispose();
        Output.Dispose();
        Error.Dispose();
        Connection?.Dispose();
    }

    private static NamespaceProcess Make(SystemCallNumbers numbers, NamespaceProcessOptions options)
    {
        if (options.InheritsStreams)
        {
            SafeHandle[] own = [
                new SafeFileHandle(0, ownsHandle: false), new SafeFileHandle(1, ownsHandle: false),
                new SafeFileHandle(2, ownsHandle: false)];
            return new NamespaceProcess(Begin(numbers, options, [.. own, .. options.Descriptors]));
        }

        if (options.HasConnection)
        {
            return MakeConnected(numbers, options);
        }

        using var input = new PipePair();
        using var output = new PipePair();
        using var error = new PipePair();
        var pid = Begin(numbers, options, [input.Reader, output.Writer, error.Writer, .. options.Descriptors]);
        return new NamespaceProcess(
            pid, Keep(input.Writer), Keep(output.Reader), Keep(error.Reader))
        { _endsItsGroup = options.EndsItsGroup };
    }

    private static NamespaceProcess MakeConnected(SystemCallNumbers numbers, NamespaceProcessOptions options)
    {
        var ends = stackalloc int[2];
        if (Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, ends) != 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "make a pair of sockets");
        }

        using var far = new SafeFileHandle(ends[1], ownsHandle: true);
        var near = new Socket(new SafeSocketHandle(ends[0], ownsHandle: true));
        try
        {
            using var error = new SafeFileHandle(2, ownsHandle: false);
            return new NamespaceProcess(Begin(numbers, options, [far, far, error, .. options.Descriptors]))
            {
                Connection = near,
                _endsItsGroup = options.EndsItsGroup,
            };
        }
        catch
        {
            near.Dispose();
            throw;
        }
    }

    private static int Begin(SystemCallNumbers numbers, NamespaceProcessOptions options, SafeHandle[] passed)
    {
        var copies = new List<SafeFileHandle>();
        try
        {
            foreach (var handle in passed)
            {
                copies.Add(ChildHandshake.Above(handle, passed.Length));
            }

            return OwnChildren.Start(
                () => ChildHandshake.Start(
                    numbers, options, [.. copies.Select(static copy => (int)copy.DangerousGetHandle())], passed.Length));
        }
        finally
        {
            copies.ForEach(static copy => copy.Dispose());
        }
    }

    /// <summary>The same descriptor in a handle that outlives the pipe's.</summary>
    private static SafeFileHandle Keep(SafeFileHandle handle)
    {
        var descriptor = handle.DangerousGetHandle();
        handle.SetHandleAsInvalid();
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private void Wait()
    {
        // First without taking it away, so that its number stays its own until nobody may signal it any more.
        var information = stackalloc byte[Libc.SignalInfoSize];
        while (Libc.waitid(Libc.P_PID, Id, information, Libc.WEXITED | Libc.WNOWAIT | Libc.WALL) != 0
            && Marshal.GetLastPInvokeError() == Errno.Interrupted)
        {
        }

        var status = 0;
        lock (_lock)
        {
            _isGone = true;
            if (_endsItsGroup)
            {
                // Its number is the group's, and nobody else's until it is waited for.
                _ = Libc.kill(-Id, Libc.SIGKILL);
            }

            while (Libc.waitpid(Id, &status, Libc.WALL) < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted)
            {
            }
        }

        OwnChildren.Forget(Id);

        // wait(2): the signal in the low seven bits, else the exit code in the second byte.
        _exit.SetResult((status & 0x7f) != 0 ? -(status & 0x7f) : (status >> 8) & 0xff);
    }
}
