using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>
/// Decides how each holder of a port is stopped: its unit or container if the manager confirms it, else its processes. Pure.
/// </summary>
public static class StopPlanner
{
    /// <summary>Plans for holders in the caller's own namespace.</summary>
    public static StopPlan Plan(IReadOnlyList<PortHolder> holders, StopSituation situation)
    {
        var steps = new List<StopStep>();
        var refusals = new List<StopRefusal>();
        foreach (var holder in holders)
        {
            var container = holder.Owner.Kind == OwnerKind.Container || holder.Owner.IsOfEngine
                ? situation.ConfirmContainer(holder)
                : default;
            if (Refuse(holder, situation, container) is { } refusal)
            {
                refusals.Add(refusal);
            }
            else if (StepFor(holder, situation, container) is var step && !steps.Exists(s => IsSame(s, step)))
            {
                steps.Add(step);
            }
        }

        return new StopPlan(steps, refusals);
    }

    /// <summary>The unit to stop, or <c>null</c> when the processes are to be signalled.</summary>
    private static IReadOnlyList<string>? UnitsOf(PortHolder holder, StopSituation situation)
    {
        var owner = holder.Owner;
        if (!situation.HasSystemd)
        {
            return null;
        }

        if (owner.Kind == OwnerKind.SocketActivation)
        {
            // The services of its connections keep the port too; but not the one that this command runs in, as a login through such a
            // socket does.
            return owner.StartsForEach is { } each
                && situation.OwnUnit?.StartsWith(each[..each.IndexOf('*')], StringComparison.Ordinal) != true
                ? [owner.Name, each]
                : [owner.Name];
        }

        // A name that the process may have chosen itself stops nothing: systemd must know the unit by the group of every holder.
        if (owner is not { Kind: OwnerKind.Unit, Main: { } main } || (owner.Grade == NameGrade.Claimed && !main.IsOfOwnManager)
            || !owner.Processes.All(p => string.Equals(p.UnitPath, main.UnitPath, StringComparison.Ordinal))
            || !situation.ConfirmsUnit(main, owner.Name))
        {
            return null;
        }

        return owner.ActivatedBy is { } socket && socket.EndsWith(".socket", StringComparison.Ordinal)
            ? [socket, owner.Name]
            : [owner.Name];
    }

    private static StopStep StepFor(PortHolder holder, StopSituation situation, EngineAnswer container) =>
        container.Container is { } confirmed
            ? situation.UnitOfContainer(confirmed) is { } runner && runner.Name != situation.OwnUnit
                ? new StopUnits(holder, [runner.Name]) { User = runner.User, Container = confirmed }
                : new StopContainer(holder, confirmed)
        : UnitsOf(holder, situation) is { } units ? new StopUnits(holder, units) { User = UserOf(holder.Owner) }
        : new StopProcesses(holder, holder.Owner.Processes);

    private static uint? UserOf(PortOwner owner) => owner is { IsUserUnit: true, Main: { IsOfOwnManager: true } main } ? main.UserId : null;

    private static StopRefusal? Refuse(PortHolder holder, StopSituation situation, EngineAnswer container)
    {
        var owner = holder.Owner;
        switch (owner.Kind)
        {
            case OwnerKind.Kernel:
                return new StopRefusal(
                    holder, "kernel", "the kernel itself holds it", $"stop its creator: a WireGuard interface, an NFS server, a tunnel");
            case OwnerKind.Hidden:
                var remedy = situation.IsRoot
                    ? Advice.Of($"some processes are hidden even from root; if this is a container, run the same command on the host")
                    : $"run the command again with sudo, or on the host if this is a container";
                return new StopRefusal(holder, "hidden", "its process is not visible here", remedy);
            case OwnerKind.None:
                return new StopRefusal(
                    holder, "nobody", "no process holds it",
                    $"it may belong to the kernel, or to a process that has just ended: try again");
            case OwnerKind.SocketActivation when !owner.Name.EndsWith(".socket", StringComparison.Ordinal):
                return new StopRefusal(
                    holder, "socket-unit", "systemd listens on it for a service, but the socket unit was not found",
                    $"find it with systemctl list-sockets and stop it with systemctl stop NAME.socket");
            case var _ when container.Container is not null:
                return null;
            case var _
                when owner.IsOfEngine || (owner.Kind == OwnerKind.Container && (owner.IsPublished || owner.Grade != NameGrade.Claimed)):
                return EngineRefusal.Of(holder, container.Trouble, situation);
            default:
                return situation.Force ? null : RefuseForSafety(holder, situation);
        }
    }

    private static StopRefusal? RefuseForSafety(PortHolder holder, StopSituation situation)
    {
        if (UnitsOf(holder, situation) is { } units)
        {
            return situation.OwnUnit is { } own && units.Contains(own, StringComparer.Ordinal)
                ? new StopRefusal(holder, "own-unit", $"{own} is the unit of this command", $"--force stops it anyway")
                : null;
        }

        foreach (var process in holder.Owner.Processes)
        {
            if (process.Pid == 1)
            {
                return new StopRefusal(
                    holder, "init", $"process 1 ({process.Name}) holds it: stopping it ends the machine or container",
                    $"--force stops it anyway");
            }

            if (situation.OwnLineage.Contains(process.Pid))
            {
                return new StopRefusal(
                    holder, "self", $"{process.ShownName} ({process.Pid}) is this command or one of its ancestors",
                    $"--force stops it anyway");
            }
        }

        return null;
    }

    private static bool IsSame(StopStep a, StopStep b) => (a, b) switch
    {
        (StopUnits x, StopUnits y) => x.User == y.User && x.Units.SequenceEqual(y.Units, StringComparer.Ordinal),
        (StopContainer x, StopContainer y) => string.Equals(x.Container.Id, y.Container.Id, StringComparison.Ordinal),
        (StopProcesses x, StopProcesses y) => x.Processes.Select(p => p.Pid).SequenceEqual(y.Processes.Select(p => p.Pid)),
        _ => false,
    };
}
