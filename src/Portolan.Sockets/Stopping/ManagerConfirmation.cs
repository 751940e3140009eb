using Portolan.Sockets.Binding;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>
/// Asks the managers themselves whether a holder is theirs, because a process may choose the name of its control group. No answer is no.
/// </summary>
/// <param name="processes">Where processes are read again.</param>
/// <param name="engines">How container engines are asked.</param>
public sealed class ManagerConfirmation(ProcessReader processes, EngineClient engines)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(int Pid, ulong StartTicks, string Unit), bool> _units = [];
    private readonly ContainerUnits _containers = new(processes, engines);

    /// <summary>The unit that runs a container, and would start it again after its engine has stopped it; <c>null</c> for none.</summary>
    public ContainerUnit? UnitOf(ContainerInfo container) => KernelStopActions.IsSystemdRunning ? _containers.Of(container) : null;

    /// <summary>
    /// Whether systemd has a unit of that name whose ControlGroup is the group that the process was seen in, and whose MainPID, where it
    /// has one, is in it too; and whether the very process is still there.
    /// </summary>
    public bool IsOfUnit(ProcessInfo process, string unit)
    {
        var key = (process.Pid, process.StartTicks, unit);
        return _units.TryGetValue(key, out var known) ? known : _units[key] = AskSystemd(process, unit);
    }

    /// <summary>
    /// The container that a holder is or serves, if its engine says so too: of a process in a container its first process (State.Pid) must
    /// be in the group that the holder was seen in; of a monitor the engine must know the container; of a proxy, and of a rule, it must
    /// publish the port.
    /// </summary>
    /// <remarks>
    /// A user's engine is asked about that user's processes only, and root's about root's: nobody's process can point at a container of
    /// another program.
    /// </remarks>
    public EngineAnswer ContainerOf(PortHolder holder)
    {
        var owner = holder.Owner;
        if (owner.Main is not { } main)
        {
            return owner is { IsPublished: true, Container: { } forwarded }
                ? Publishing(holder, forwarded.Engine, forwarded.Id, null)
                : EngineAnswer.No(EngineTrouble.NotAsked);
        }

        if (owner.Engine is { } program && (owner.IsOfEngine || owner.IsPublished))
        {
            // A program file with the name of an engine's counts for root alone; another user's process meets that user's own engine.
            var engine = new ContainerEngine(program.Runtime, main.UserId ?? uint.MaxValue);
            if (main.UserId is null || (main.UserId == 0 && main.ExecutablePath is null) || !IsStill(main))
            {
                return EngineAnswer.No(EngineTrouble.NotKnown);
            }

            if (program.Role == EngineRole.Monitor)
            {
                return ContainerMonitors.OfMonitor(main) is { } watched ? Running(watched) : EngineAnswer.No(EngineTrouble.NotAsked);
            }

            var published = PublishedPorts.Parse(main.CommandLine);
            var answer = Publishing(holder, engine, null, published.Count > 0 ? published[0].ContainerAddress : null);
            return answer.Container is null && main.Name == "slirp4netns"
                && Publishing(holder, engine with { Runtime = "docker" }, null, null) is { Container: not null } docker ? docker : answer;
        }

        if (owner.Container is not { } container || main.ContainerPath is not { } path
            || (container.Grade == NameGrade.Claimed && container.EngineUser == 0))
        {
            return EngineAnswer.No(EngineTrouble.NotKnown);
        }

        var first = engines.FirstProcess(container.Engine, container.Id, Patience, out var trouble);
        return first is { } pid && processes.Read(pid, ProcessFields.Cgroup)?.ContainerPath == path
            && processes.Read(main.Pid, ProcessFields.Cgroup)?.ContainerPath == path && IsStill(main)
            ? new EngineAnswer(Confirmed(container), default)
            : EngineAnswer.No(trouble == default ? EngineTrouble.NotKnown : trouble);
    }

    /// <summary>What <c>systemctl show</c> prints, judged: the unit's name and group as they must be, and the main process or 0.</summary>
    internal static bool TryJudge(string shown, string unit, string group, out int mainPid)
    {
        var values = UnitManager.Read(shown);
        mainPid = UnitManager.Number(values, "MainPID");
        return values.GetValueOrDefault("Id") == unit && values.GetValueOrDefault("LoadState") == "loaded"
            && values.GetValueOrDefault("ControlGroup") == group;
    }

    private bool AskSystemd(ProcessInfo process, string unit)
    {
        // The groups below a user's manager are that user's to name, and so are its units.
        if (process.UnitPath is not { } group || (process.UnitGrade == NameGrade.Claimed && !process.IsOfOwnManager)
            || !UnitName.IsValid(unit))
        {
            return false;
        }

        string[] words = [
            "--no-ask-password", "--no-pager", "show", "--property=Id", "--property=LoadState", "--property=ControlGroup",
            "--property=MainPID", "--", unit];
        return UnitManager.Of(process).Run(words, Patience, CancellationToken.None) is { ExitCode: 0 } answer
            && TryJudge(answer.Output, unit, group, out var main)
            && (main == 0 || processes.Read(main, ProcessFields.Cgroup)?.UnitPath == group)
            && processes.Read(process.Pid, ProcessFields.Cgroup) is { } again && again.StartTicks == process.StartTicks
            && again.UnitPath == group;
    }

    private static ContainerInfo Confirmed(ContainerInfo container) =>
        container.Grade == NameGrade.Claimed ? container with { Grade = NameGrade.Confirmed } : container;

    private bool IsStill(ProcessInfo process) => processes.Read(process.Pid, ProcessFields.None)?.StartTicks == process.StartTicks;

    private EngineAnswer Running(ContainerInfo container) =>
        engines.FirstProcess(container.Engine, container.Id, Patience, out var trouble) is not null
            ? new EngineAnswer(Confirmed(container), default)
            : EngineAnswer.No(trouble);

    /// <summary>The container of an engine that publishes the port of a holder.</summary>
    private EngineAnswer Publishing(PortHolder holder, ContainerEngine engine, string? id, InternetAddress? address)
    {
        if (!engine.CanBeAsked)
        {
            return EngineAnswer.No(EngineTrouble.NotAsked);
        }

        if (engines.List(engine, Patience, out var trouble) is not { } containers)
        {
            return EngineAnswer.No(trouble);
        }

        var port = new PublishedPort(engine.Runtime, holder.Protocol, null, new PortRange(holder.Port, holder.Port), address, holder.Port);
        return RuntimeContainer.Publisher(containers.Where(c => id is null || c.Id == id), port, engine.User) is { } container
            ? new EngineAnswer(container with { Grade = NameGrade.Confirmed }, default)
            : EngineAnswer.No(EngineTrouble.NotKnown);
    }
}
