using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Terminals;

/// <summary>
/// Has something done before Ctrl-Z (SIGTSTP) stops the process, such as giving the terminal its own mode back, and something when it goes
/// on.
/// </summary>
/// <remarks>
/// The runtime does not stop a process whose SIGTSTP it handles, so this does it: by the signal's default action, which the kernel leaves
/// out where no shell could continue the process. The actions run on another thread, those of the last registration first.
/// </remarks>
public sealed unsafe class StopSignal : IDisposable
{
    /// <summary>SIGTSTP (asm-generic/signal.h); the named member is marked as absent on Windows, where this is never run.</summary>
    private const int TerminalStop = 20;

    /// <summary>More than a <c>struct sigaction</c> of any C library. Bytes.</summary>
    private const int ActionRoom = 512;

    private static readonly Lock Gate = new();
    private static readonly List<StopSignal> All = [];
    private static PosixSignalRegistration? _signal;

    private readonly Action _before;
    private readonly Action _after;

    /// <summary>Registers actions.</summary>
    /// <param name="before">What is done before the process stops.</param>
    /// <param name="after">What is done when it goes on, or was not stopped.</param>
    public StopSignal(Action before, Action after)
    {
        (_before, _after) = (before, after);
        lock (Gate)
        {
            All.Add(this);
            _signal ??= PosixSignalRegistration.Create((PosixSignal)TerminalStop, OnStop);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            All.Remove(this);
            if (All.Count == 0)
            {
                _signal?.Dispose();
                _signal = null;
            }
        }
    }

    private static void OnStop(PosixSignalContext context)
    {
        context.Cancel = true;
        StopSignal[] all;
        lock (Gate)
        {
            all = [.. All];
        }

        foreach (var one in all.Reverse())
        {
            one._before();
        }

        Stop();
        foreach (var one in all)
        {
            one._after();
        }
    }

    private static void Stop()
    {
        var action = stackalloc byte[ActionRoom];
        if (Libc.sigaction(TerminalStop, null, action) == 0)
        {
            const nint Default = 0;
            _ = Libc.signal(TerminalStop, Default);
            _ = Libc.raise(TerminalStop);
            _ = Libc.sigaction(TerminalStop, action, null);
        }
    }
}
