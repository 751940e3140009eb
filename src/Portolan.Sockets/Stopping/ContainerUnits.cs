using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>A systemd unit that runs a container, and would start it again.</summary>
/// <param name="Name">Its name, as systemctl takes it.</param>
/// <param name="User">The user whose manager has it; <c>null</c> for that of the machine.</param>
public sealed record ContainerUnit(string Name, uint? User);

/// <summary>
/// Finds the unit that runs a container: <c>podman generate systemd</c>, Quadlet, and units whose program is <c>podman run</c> or
/// <c>docker run</c>.
/// </summary>
/// <remarks>
/// It is the unit of the container's monitor (conmon), of the program that waits for it, or the one that the engine names (the label
/// <c>PODMAN_SYSTEMD_UNIT</c>). Anybody who makes an image can set a label, and cron's unit has the containers of its jobs: so a unit
/// counts only where systemd says that its main process is that monitor or that program, or the program's parent.
/// </remarks>
/// <param name="processes">Where processes are read.</param>
/// <param name="engines">How engines are asked for the label.</param>
internal sealed class ContainerUnits(ProcessReader processes, EngineClient engines)
{
    private const ProcessFields Needed =
        ProcessFields.CommandLine | ProcessFields.User | ProcessFields.Cgroup | ProcessFields.Paths;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The unit of a container that its engine has confirmed; <c>null</c> where none runs it.</summary>
    internal ContainerUnit? Of(ContainerInfo container)
    {
        var keepers = Keepers(container);
        var seen = new HashSet<ContainerUnit>();
        foreach (var keeper in keepers)
        {
            if (keeper is { Unit: { } unit, UnitPath: not null } && UnitNames.NamesService(unit) && UnitName.IsValid(unit)
                && (keeper.IsUserUnit ? keeper.IsOfOwnManager : keeper.UnitGrade != NameGrade.Claimed)
                && new ContainerUnit(unit, UnitManager.Of(keeper).User) is var found && seen.Add(found)
                && Runs(found, keeper.UnitPath, keepers))
            {
                return found;
            }
        }

        return engines.UnitLabel(container, Patience) is { } label && UnitName.IsValid(label) && UnitNames.NamesService(label)
            && new ContainerUnit(label, container.EngineUser == 0 ? null : container.EngineUser) is var named && seen.Add(named)
            && Runs(named, null, keepers) ? named : null;
    }

    /// <summary>Whether systemd has the unit, and its main process is one of those that keep the container, or the parent of one.</summary>
    private static bool Runs(ContainerUnit unit, string? group, List<ProcessInfo> keepers)
    {
        if (new UnitManager(unit.User).Show(unit.Name, "Id", "LoadState", "ControlGroup", "MainPID") is not { } shown
            || shown.GetValueOrDefault("Id") != unit.Name || shown.GetValueOrDefault("LoadState") != "loaded"
            || (group is not null && shown.GetValueOrDefault("ControlGroup") != group))
        {
            return false;
        }

        var main = UnitManager.Number(shown, "MainPID");
        return main > 1 && keepers.Exists(k => k.Pid == main || (!IsMonitor(k) && k.ParentPid == main));
    }

    /// <summary>The monitor of a container, and the programs that were started to run it and wait for its end.</summary>
    private List<ProcessInfo> Keepers(ContainerInfo container)
    {
        var pids = new List<int>();
        processes.Root.ListPids(pids);
        var found = new List<ProcessInfo>();
        foreach (var pid in pids)
        {
            if (processes.Read(pid, ProcessFields.None) is { Name: "conmon" or "podman" or "docker" }
                && processes.Read(pid, Needed) is { } process && process.UserId == container.EngineUser
                && (IsMonitor(process) ? ContainerMonitors.OfMonitor(process)?.Id == container.Id : Names(process.CommandLine, container)))
            {
                found.Add(process);
            }
        }

        return [.. found.OrderByDescending(IsMonitor)];
    }

    private static bool IsMonitor(ProcessInfo process) => EngineProgram.Of(process) is { Role: EngineRole.Monitor };

    /// <summary>Whether words of podman or docker run a container of this name or id.</summary>
    internal static bool Names(IReadOnlyList<string>? words, ContainerInfo container)
    {
        if (words is not { Count: > 2 } || !words.Any(static w => w is "run" or "start" or "wait" or "attach"))
        {
            return false;
        }

        return words.Skip(1).Any(w => w == container.Id || (container.Name is { } name && (w == name || w == $"--name={name}")));
    }
}
