using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Processes;

/// <summary>
/// A process by descriptor (pidfd_open(2)): a signal sent through it never reaches another process that was given the same pid.
/// </summary>
public sealed class ProcessHandle : IDisposable
{
    private const int ESRCH = 3;
    private const int EINTR = 4;

    private readonly SafeFileHandle _descriptor;

    private ProcessHandle(int pid, SafeFileHandle descriptor)
    {
        Pid = pid;
        _descriptor = descriptor;
    }

    /// <summary>The process id.</summary>
    public int Pid { get; }

    /// <summary>Opens a process; <c>null</c> when there is none of that id.</summary>
    /// <exception cref="LinuxException">Any other failure, such as ENOSYS before Linux 5.3.</exception>
    public static ProcessHandle? Open(int pid)
    {
        var descriptor = Libc.syscall_pidfd_open(Libc.SYS_pidfd_open, pid, 0);
        if (descriptor >= 0)
        {
            return new ProcessHandle(pid, new SafeFileHandle(descriptor, ownsHandle: true));
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno == ESRCH ? null : throw new LinuxException(errno, $"open process {pid}");
    }

    /// <summary>
    /// Sends a signal. Returns 0, or the error number: 1 (EPERM) without the right to, 3 (ESRCH) when the process has ended.
    /// </summary>
    public int Signal(int signal)
    {
        using var raised = RaisedCapabilities.For(Capability.Kill);
        return Libc.syscall_pidfd_send_signal(Libc.SYS_pidfd_send_signal, _descriptor, signal, 0, 0) == 0
            ? 0
            : Marshal.GetLastPInvokeError();
    }

    /// <summary>Waits until the process has ended, a zombie included; <c>false</c> when it has not in time.</summary>
    public unsafe bool WaitForExit(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var left = timeout - Stopwatch.GetElapsedTime(started);

            // Short slices, so that Ctrl-C is heard.
            var milliseconds = (int)Math.Clamp(Math.Ceiling(left.TotalMilliseconds), 0, 100);
            var poll = new Libc.poll_fd { fd = (int)_descriptor.DangerousGetHandle(), events = Libc.POLLIN };
            var ready = Libc.poll_one(&poll, 1, milliseconds);
            if (ready > 0)
            {
                return true;
            }

            if (ready < 0 && Marshal.GetLastPInvokeError() is var errno and not EINTR)
            {
                throw new LinuxException(errno, $"wait for process {Pid}");
            }

            if (left <= TimeSpan.Zero)
            {
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();
}
