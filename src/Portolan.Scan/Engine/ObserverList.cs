using System.Runtime.ExceptionServices;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Engine;

/// <summary>
/// Tells several observers, each one call at a time. One that fails (a full disk, a closed pipe) is told nothing more and ends the run, but
/// the others still hear its end, so that what they write is closed in order; then its failure is thrown.
/// </summary>
internal sealed class ObserverList(IReadOnlyList<IScanObserver> observers)
{
    private readonly List<IScanObserver> _observers = [.. observers];
    private ExceptionDispatchInfo? _failure;

    /// <summary>An observer has failed.</summary>
    public bool HasFailed => _failure is not null;

    public void Started(ScanStart run) => Tell(run, static (observer, run) => observer.Started(run));

    public void HostFound(in HostResult host) => Tell(host, static (observer, host) => observer.HostFound(host));

    public void PortFound(in Target target, in PortResult port) =>
        Tell((target, port), static (observer, found) => observer.PortFound(found.target, found.port));

    public void HostFinished(HostReport report) => Tell(report, static (observer, report) => observer.HostFinished(report));

    public void Progress(ScanProgress progress) => Tell(progress, static (observer, progress) => observer.Progress(progress));

    public void Warning(string message) => Tell(message, static (observer, message) => observer.Warning(message));

    public void Ended(ScanEnd balance) => Tell(balance, static (observer, balance) => observer.Ended(balance));

    /// <summary>Throws the first failure.</summary>
    public void ThrowFailure() => _failure?.Throw();

    private void Tell<T>(T what, Action<IScanObserver, T> tell)
    {
        for (var i = 0; i < _observers.Count; i++)
        {
            try
            {
                tell(_observers[i], what);
            }
#pragma warning disable CA1031 // Thrown again at the end of the run, whatever it is.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _failure ??= ExceptionDispatchInfo.Capture(exception);
                _observers.RemoveAt(i--);
            }
        }
    }
}
