using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Terminals;

/// <summary>Keys on standard input, a terminal: each is seen at once and none is echoed (termios(3), ICANON and ECHO off).</summary>
/// <remarks>
/// The terminal gets its own mode back when this is disposed of, and before every signal that ends or stops the process, so that no
/// shell is left without an echo. In the background the terminal is another's: it is neither read nor changed.
/// </remarks>
public sealed unsafe class TerminalKeys : ITerminalKeys
{
    private const int Input = 0;
    private const short POLLIN = 1;

    private readonly Lock _gate = new();
    private readonly Libc.Termios _own;
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly StopSignal _stop;
    private bool _isSet;
    private bool _isOver;
    private volatile bool _isStopped;

    private TerminalKeys(in Libc.Termios own)
    {
        _own = own;
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[
            PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, _ => End()));
        }

        // Set again at the first look after the shell let the process go on.
        _stop = new StopSignal(Stop, () => _isStopped = false);
        Set();
    }

    /// <summary>Begins to look; <c>null</c> when standard input is not a terminal.</summary>
    public static TerminalKeys? Open()
    {
        Libc.Termios own;
        return Libc.tcgetattr(Input, &own) == 0 ? new TerminalKeys(own) : null;
    }

    /// <inheritdoc/>
    public int Take(Span<byte> bytes)
    {
        lock (_gate)
        {
            if (_isOver || !IsInForeground)
            {
                return 0;
            }

            Set();
            var wait = new Libc.PollFd { fd = Input, events = POLLIN };
            if (Libc.poll(&wait, 1, 0) != 1)
            {
                return 0;
            }

            fixed (byte* room = bytes)
            {
                // A terminal that hung up is always ready and has nothing.
                var count = (wait.revents & POLLIN) != 0 ? (int)Libc.read(Input, room, (nuint)bytes.Length) : 0;
                _isOver = count == 0;
                return Math.Max(0, count);
            }
        }
    }

    /// <inheritdoc/>
    public bool Wait(TimeSpan longest)
    {
        // In the background, and behind a terminal that hung up, no key comes.
        var isRead = !_isOver && IsInForeground;
        lock (_gate)
        {
            if (isRead)
            {
                Set();
            }
        }

        var wait = new Libc.PollFd { fd = Input, events = POLLIN };
        return Libc.poll(&wait, isRead ? 1U : 0U, (int)Math.Ceiling(longest.TotalMilliseconds)) == 1;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        foreach (var signal in _signals)
        {
            signal.Dispose();
        }

        _signals.Clear();
        _stop.Dispose();
    }

    private static bool IsInForeground => Libc.tcgetpgrp(Input) == Libc.getpgrp();

    private void End()
    {
        lock (_gate)
        {
            Restore();
            _isOver = true;
        }
    }

    private void Stop()
    {
        _isStopped = true;
        Restore();
    }

    private void Set()
    {
        if (_isSet || _isStopped || !IsInForeground)
        {
            return;
        }

        var mode = _own;
        mode.c_lflag &= ~(Libc.ICANON | Libc.ECHO);
        _isSet = Libc.tcsetattr(Input, Libc.TCSANOW, &mode) == 0;
    }

    private void Restore()
    {
        lock (_gate)
        {
            // From the background this would stop the process (SIGTTOU), and the mode is the shell's by then.
            if (_isSet && IsInForeground)
            {
                fixed (Libc.Termios* own = &_own)
                {
                    _ = Libc.tcsetattr(Input, Libc.TCSANOW, own);
                }
            }

            _isSet = false;
        }
    }
}

/// <summary>Keys pressed while a command runs, seen without Enter.</summary>
public interface ITerminalKeys : IDisposable
{
    /// <summary>Takes the bytes of keys that were pressed since the last call. Never waits.</summary>
    /// <param name="bytes">Room for them; what has no room is for the next call.</param>
    /// <returns>How many there were.</returns>
    int Take(Span<byte> bytes);

    /// <summary>Waits until a key was pressed, a signal came, or so long.</summary>
    /// <returns>Whether there may be one to take.</returns>
    bool Wait(TimeSpan longest);

    /// <summary>Whether any key was pressed since the last call. Never waits.</summary>
    bool TakePressed()
    {
        Span<byte> any = stackalloc byte[256];
        return Take(any) > 0;
    }
}
