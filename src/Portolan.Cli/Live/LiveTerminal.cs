using System.Globalization;
using System.Runtime.InteropServices;
using Portolan.Cli.Hosting;
using Portolan.Linux.Terminals;

namespace Portolan.Cli.Live;

/// <summary>
/// The terminal's alternate screen (xterm's private mode 1049): what was on the terminal before is there again afterwards. Only lines that
/// changed are written, for a slow line.
/// </summary>
/// <remarks>
/// The terminal gets its own screen back when this is disposed of, and before a signal stops the process (Ctrl-Z) or ends it with a core
/// (Ctrl-\); Ctrl-C, SIGTERM and SIGHUP cancel the command, which disposes of it. Signals are handled on another thread, under the lock.
/// </remarks>
internal sealed class LiveTerminal : IDisposable
{
    /// <summary>How long a signal waits for a line that is being written to a terminal that does not take it.</summary>
    private static readonly TimeSpan LockTime = TimeSpan.FromSeconds(1);

    private readonly CommandContext _context;
    private readonly PosixSignalRegistration _quit;
    private readonly StopSignal _stop;
    private readonly Lock _lock = new();
    private List<string> _lines = [];
    private (int Columns, int Rows) _size;
    private bool _isOpen;
    private volatile bool _isStopped;

    /// <summary>Opens it.</summary>
    public LiveTerminal(CommandContext context)
    {
        _context = context;
        _stop = new StopSignal(LeaveForSignal, () => _isStopped = false);
        _quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, _ => LeaveForSignal());
    }

    /// <summary>Columns and rows of the terminal, as they are now.</summary>
    public (int Columns, int Rows) Size =>
        _context.ReadOutputSize() is { } size ? (size.Columns, Math.Min(size.Rows, short.MaxValue)) : (_context.OutputWidth ?? 80, 24);

    /// <summary>Whether the screen has to be drawn, whatever changed: it has another size, or the process was stopped meanwhile.</summary>
    public bool IsStale => !_isOpen || Size != _size;

    /// <summary>Shows lines; writes those that are others than before.</summary>
    /// <returns>Whether it could: not while the terminal is another program's.</returns>
    public bool Show(List<string> lines, (int Columns, int Rows) size)
    {
        lock (_lock)
        {
            if (_isStopped || _context.IsInBackground())
            {
                return false;
            }

            var writer = _context.Writer;
            if (!_isOpen || size != _size)
            {
                writer.Write(_isOpen ? "\x1b[0m\x1b[2J"u8 : "\x1b[?1049h\x1b[?25l\x1b[0m\x1b[2J"u8);
                (_isOpen, _size) = (true, size);
                _lines = [];
            }

            for (var i = 0; i < lines.Count; i++)
            {
                if (i >= _lines.Count ? lines[i].Length > 0 : lines[i] != _lines[i])
                {
                    writer.Write(string.Create(CultureInfo.InvariantCulture, $"\x1b[{i + 1};1H"));

                    // Erased first: behind a full line the cursor stands on its last column.
                    writer.Write("\x1b[2K"u8);
                    writer.Write(lines[i]);
                }
            }

            _lines = lines;
            _context.Flush();
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _quit.Dispose();
        lock (_lock)
        {
            try
            {
                Leave();
            }
            catch (IOException)
            {
                // The terminal is gone.
            }
        }
    }

    private void LeaveForSignal()
    {
        if (!_lock.TryEnter(LockTime))
        {
            return;
        }

        try
        {
            _isStopped = true;
            Leave();
        }
        catch (IOException)
        {
            // The terminal is gone.
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void Leave()
    {
        if (_isOpen)
        {
            _isOpen = false;
            _context.Writer.Write("\x1b[0m\x1b[?25h\x1b[?1049l"u8);
            _context.Flush();
        }
    }
}
