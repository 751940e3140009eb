using System.Runtime.InteropServices;
using Portolan.Linux.Processes;
using Portolan.Model;

namespace Portolan.Cli.Hosting;

/// <summary>
/// Once a command asks for it, Ctrl-C, SIGTERM and the end of its terminal (SIGHUP) cancel it; a second one, or a command that does not
/// stop, ends the process, unless the command has something that must be done first: then a third one does. Before that they end the
/// process at once, which costs nothing: catching them takes a thread at every start.
/// </summary>
public sealed class TerminationSignals : IDisposable
{
    /// <summary>How long a command may take to stop. A firewall rollback must fit.</summary>
    private static readonly TimeSpan UsualGrace = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _source = new();
    private PosixSignalRegistration? _interrupt;
    private PosixSignalRegistration? _terminate;
    private PosixSignalRegistration? _hangUp;
    private Timer? _deadline;
    private TimeSpan _grace = UsualGrace;
    private volatile Action? _onHangUp;
    private Action? _onSecond;
    private int _signalled;
    private bool _isDisposed;

    /// <summary>Starts catching the signals. Later calls do nothing.</summary>
    public void Catch() => Catch(UsualGrace);

    /// <summary>Starts catching the signals, for a command that may take so long to stop.</summary>
    public void Catch(TimeSpan grace)
    {
        _grace = grace > _grace ? grace : _grace;
        _interrupt ??= PosixSignalRegistration.Create(PosixSignal.SIGINT, c => OnSignal(c, ExitCode.Interrupted));
        _terminate ??= PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => OnSignal(c, ExitCode.Terminated));
        _hangUp ??= PosixSignalRegistration.Create(PosixSignal.SIGHUP, c => OnSignal(c, ExitCode.HungUp));
    }

    /// <summary>SIGHUP does that from now on, as of programs that serve, and ends nothing; also where nohup(1) had it ignored.</summary>
    public void OnHangUp(Action action)
    {
        _onHangUp = action;
        _hangUp?.Dispose();
        _hangUp = null;
        HangUpSignal.Take();
        Catch();
    }

    /// <summary>A second signal does that, and the command then ends within the usual time, in which it leaves nothing behind.</summary>
    public void OnSecond(Action action)
    {
        Volatile.Write(ref _onSecond, action);
        Catch();
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The exit code of the signal that came, or <c>null</c>.</summary>
    public ExitCode? Signalled => _signalled == 0 ? null : (ExitCode)_signalled;

    /// <inheritdoc/>
    /// <remarks>
    /// A signal that came at this moment is still handled, on another thread, so what its handler uses is only closed under its lock.
    /// </remarks>
    public void Dispose()
    {
        _interrupt?.Dispose();
        _terminate?.Dispose();
        _hangUp?.Dispose();
        lock (_source)
        {
            _isDisposed = true;
            _deadline?.Dispose();
            _source.Dispose();
        }
    }

    private void OnSignal(PosixSignalContext context, ExitCode exitCode)
    {
        if (exitCode == ExitCode.HungUp && _onHangUp is { } action)
        {
            context.Cancel = true;
            action();
            return;
        }

        if (Interlocked.CompareExchange(ref _signalled, (int)exitCode, 0) != 0)
        {
            // Else the default action ends the process with this signal.
            if (Interlocked.Exchange(ref _onSecond, null) is { } second)
            {
                context.Cancel = true;
                second();
                lock (_source)
                {
                    _ = !_isDisposed && (_deadline?.Change(UsualGrace, Timeout.InfiniteTimeSpan) ?? false);
                }
            }

            return;
        }

        context.Cancel = true;
        lock (_source)
        {
            if (!_isDisposed)
            {
                _deadline = new Timer(static code => Environment.Exit((int)code!), (int)exitCode, _grace, Timeout.InfiniteTimeSpan);
                _source.Cancel();
            }
        }
    }
}
