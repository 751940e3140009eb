using System.Diagnostics;
using System.Globalization;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>
/// Waits for systemd to start what a stop has ended again: the units of holders that were signalled, or whose container was stopped, are
/// not stopped with them. Made before the stop.
/// </summary>
/// <param name="plan">What is going to be done.</param>
public sealed class UnitReturns(StopPlan plan)
{
    private readonly long _since = Stopwatch.GetTimestamp();

    /// <summary>How long a unit may take to notice that its program ended.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromMilliseconds(300);

    private const string ActiveSince = "ActiveEnterTimestampMonotonic";

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits, and names the units that systemd has started again, or is about to. Hostile text.</summary>
    /// <param name="patience">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public IReadOnlyList<string> Await(TimeSpan patience, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        foreach (var (manager, unit) in KernelStopActions.IsSystemdRunning ? Units(plan) : [])
        {
            if (Return(manager, unit, patience, cancellationToken) is { } said)
            {
                found.Add(said);
            }
        }

        return found;
    }

    /// <summary>The units that may bring a holder back.</summary>
    internal static IReadOnlyList<(UnitManager Manager, string Unit)> Units(StopPlan plan)
    {
        var units = new List<(UnitManager, string)>();
        foreach (var process in plan.Steps.Where(static s => s is not StopUnits && !IsProxyOfDaemon(s.Holder.Owner)).SelectMany(
            static s => s.Holder.Owner.Processes))
        {
            if (UnitNames.NamesService(process.Unit) && UnitName.IsValid(process.Unit!) && (!process.IsUserUnit || process.IsOfOwnManager)
                && (UnitManager.Of(process), process.Unit!) is var unit && !units.Contains(unit))
            {
                units.Add(unit);
            }
        }

        return units;
    }

    /// <summary>The unit of docker-proxy is that of the engine, which goes on.</summary>
    private static bool IsProxyOfDaemon(PortOwner owner) => owner.Engine is { Runtime: "docker", Role: EngineRole.Proxy };

    private string? Return(UnitManager manager, string unit, TimeSpan patience, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); ; cancellationToken.WaitHandle.WaitOne(Between))
        {
            if (manager.Show(unit, "ActiveState", "SubState", "Restart", "RestartUSec", ActiveSince) is not { } shown
                || shown.GetValueOrDefault("Restart") is null or "no")
            {
                return null;
            }

            var passed = Stopwatch.GetElapsedTime(started);
            switch (shown.GetValueOrDefault("ActiveState"), shown.GetValueOrDefault("SubState"))
            {
                case (_, "auto-restart") or ("activating" or "deactivating" or "reloading", _)
                    when passed < patience && !cancellationToken.IsCancellationRequested:
                    continue;
                case (_, "auto-restart"):
                    return $"systemd starts {UnitName.Display(unit)} again after {shown.GetValueOrDefault("RestartUSec") ?? "a while"}";
                case ("active", _) when IsAfterStop(shown):
                    return $"systemd has started {UnitName.Display(unit)} again";
                case ("active", _) when passed < Notice && !cancellationToken.IsCancellationRequested:
                    continue;
                default:
                    return null;
            }
        }
    }

    /// <summary>Whether the unit became active after the stop began: systemd says when, in microseconds of CLOCK_MONOTONIC.</summary>
    private bool IsAfterStop(Dictionary<string, string> shown) =>
        long.TryParse(shown.GetValueOrDefault(ActiveSince), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
        && microseconds > _since / (Stopwatch.Frequency / 1_000_000);
}
