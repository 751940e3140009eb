using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Chart;

/// <summary>What kind of thing holds a port.</summary>
public enum OwnerKind
{
    /// <summary>One program's processes.</summary>
    Process,

    /// <summary>A systemd unit.</summary>
    Unit,

    /// <summary>A container, by its own process or through a published-port proxy.</summary>
    Container,

    /// <summary>systemd listens for a service that does not run yet.</summary>
    SocketActivation,

    /// <summary>The kernel itself.</summary>
    Kernel,

    /// <summary>A process that privilege hides.</summary>
    Hidden,

    /// <summary>No process was found, and none was hidden.</summary>
    None,

    /// <summary>Nothing listens here: rules send it on to another address.</summary>
    Forwarded,
}

/// <summary>The names of <see cref="OwnerKind"/> in the machine formats.</summary>
public static class OwnerKindNames
{
    /// <summary>Such as <c>process</c> or <c>socket-activation</c>.</summary>
    public static string Name(this OwnerKind kind) => kind switch
    {
        OwnerKind.Process => "process",
        OwnerKind.Unit => "unit",
        OwnerKind.Container => "container",
        OwnerKind.SocketActivation => "socket-activation",
        OwnerKind.Kernel => "kernel",
        OwnerKind.Forwarded => "forwarded",
        OwnerKind.Hidden => "hidden",
        _ => "none",
    };
}

/// <summary>Who holds a port: the most telling name, and every process behind it.</summary>
public sealed record PortOwner
{
    /// <summary>What the owner is, e.g. a unit, a container or the kernel.</summary>
    public required OwnerKind Kind { get; init; }

    /// <summary>Unit, container name or short id, or program name; empty when unnamed. Hostile text.</summary>
    public required string Name { get; init; }

    /// <summary>The processes, the root of each family first, without systemd when it only listens for them.</summary>
    public required IReadOnlyList<ProcessInfo> Processes { get; init; }

    /// <summary>
    /// The owner in a sentence: <c>node (4112)</c>, <c>ssh.service (812)</c>, <c>container db</c>, <c>a hidden process</c>. Hostile text.
    /// </summary>
    public string InSentence => Kind switch
    {
        OwnerKind.Container => $"container {Name}{ClaimMark}",
        OwnerKind.Kernel => "the kernel",
        OwnerKind.Hidden => "a hidden process",
        OwnerKind.None => "a socket without a process",
        OwnerKind.SocketActivation => Name,
        OwnerKind.Unit when Main is { } service => $"{UnitName.Display(Name)} ({service.Pid}){ClaimMark}",
        _ when Main is { } main => $"{(Name.Length > 0 ? Name : main.ShownName)} ({main.Pid})",
        _ => Name,
    };

    /// <summary>Stands behind a name that the process may have chosen itself; empty behind others.</summary>
    public string ClaimMark => IsUserUnit ? " (user unit)" : Grade == NameGrade.Claimed ? " (claimed)" : "";

    /// <summary>User id of the first process, or of the socket where no process is seen.</summary>
    public uint? UserId { get; init; }

    /// <summary>The container that it runs in; <c>null</c> outside containers.</summary>
    public ContainerInfo? Container { get; init; }

    /// <summary>
    /// The socket unit that systemd listens through, or <c>systemd</c> where its name is not known; <c>null</c> without socket activation.
    /// </summary>
    public string? ActivatedBy { get; init; }

    /// <summary>
    /// The services that the socket unit starts, one for each connection, as a pattern: <c>echo@*.service</c>; <c>null</c> where it starts
    /// none or one.
    /// </summary>
    public string? StartsForEach { get; init; }

    /// <summary>
    /// Whether an engine's program, or a rule, stands for the container: it holds or forwards the port from outside of the container.
    /// </summary>
    public bool IsPublished { get; init; }

    /// <summary>
    /// The container engine's program that holds the port, whether its container is known or not; <c>null</c> for any other.
    /// </summary>
    public EngineProgram? Engine { get; init; }

    /// <summary>Whether the processes watch a container or pass connections on to one: without them it goes on, out of reach.</summary>
    public bool IsOfEngine => Engine is { Role: EngineRole.Monitor or EngineRole.Proxy };

    /// <summary>Who says that the name is right. A process, the kernel and systemd's own sockets are what the kernel shows.</summary>
    public NameGrade Grade => Kind switch
    {
        OwnerKind.Unit => Main?.UnitGrade ?? NameGrade.Claimed,
        OwnerKind.Container => Container?.Grade ?? NameGrade.Claimed,
        _ => NameGrade.Proved,
    };

    /// <summary>Whether it is a unit of a user's own manager.</summary>
    public bool IsUserUnit => Kind == OwnerKind.Unit && Main is { IsUserUnit: true };

    /// <summary>The process that speaks for the rest, or <c>null</c>.</summary>
    public ProcessInfo? Main => Processes.Count > 0 ? Processes[0] : null;

    /// <summary>The holder of a listed socket.</summary>
    public static PortOwner Of(in SocketEntry entry, MachineFacts facts)
    {
        uint? user = entry.HasUser ? entry.UserId : null;
        if ((entry.Flags & SocketFlags.KernelOwned) != 0)
        {
            return new PortOwner { Kind = OwnerKind.Kernel, Name = "", Processes = [] };
        }

        var processes = new List<ProcessInfo>();
        var systemd = false;
        foreach (var pid in facts.Owners.Pids(entry.Inode))
        {
            if (!facts.Processes.TryGetValue(pid, out var process))
            {
                continue;
            }

            if (pid == 1 && process.Name is "systemd" or "init")
            {
                systemd = true;
            }
            else
            {
                processes.Add(process);
            }
        }

        string? activatedBy = null;
        if (systemd && entry.Protocol.Transport() is { } transport)
        {
            activatedBy = facts.SocketUnit(transport, entry.LocalPortNumber) ?? "systemd";
        }

        if (processes.Count > 0)
        {
            return Of(processes, facts, entry.Protocol.Transport(), entry.LocalPortNumber) with { ActivatedBy = activatedBy };
        }

        if (activatedBy is not null)
        {
            return new PortOwner
            {
                Kind = OwnerKind.SocketActivation,
                Name = activatedBy,
                Processes = [facts.Processes[1]],
                UserId = 0,
                ActivatedBy = activatedBy,
                StartsForEach = facts.StartsOneForEach(activatedBy) ? $"{activatedBy[..activatedBy.LastIndexOf('.')]}@*.service" : null,
            };
        }

        var kind = facts.Owners.MayHideOwners && !KernelSockets.HasNoOwner(entry) ? OwnerKind.Hidden : OwnerKind.None;
        return kind == OwnerKind.Hidden && user is { } id && entry.Protocol.Transport() is { } protocol
            && facts.PublishedAt(protocol, entry.LocalAddress, entry.LocalPortNumber, id) is { } container
            ? OfContainer(container) with { UserId = user }
            : new PortOwner { Kind = kind, Name = "", Processes = [], UserId = user };
    }

    /// <summary>A container that rules forward a port to, whatever process serves it in there.</summary>
    public static PortOwner OfContainer(ContainerInfo container) => new()
    {
        Kind = OwnerKind.Container,
        Name = container.Name ?? ShortId(container.Id),
        Processes = [],
        Container = container,
        IsPublished = true,
    };

    /// <summary>Names the processes that hold a port: the container, else the service, else the program.</summary>
    internal static PortOwner Of(
        IReadOnlyCollection<ProcessInfo> processes, MachineFacts facts, TransportProtocol? protocol, PortNumber port)
    {
        var ordered = RootsFirst(processes);
        var main = ordered[0];
        var published = protocol is { } known ? facts.PublishedBy(main, known, port) : null;
        var container = published ?? main.Container;
        return Named(ordered, container) with { Container = container, IsPublished = published is not null };
    }

    private static PortOwner Named(List<ProcessInfo> ordered, ContainerInfo? container)
    {
        var main = ordered[0];
        var engine = main.ContainerPath is null ? EngineProgram.Of(main) : null;

        // The unit of a proxy is the engine's, which holds no port of its own there.
        var isOfEngine = engine is { Role: EngineRole.Monitor or EngineRole.Proxy };
        var (kind, name) = container is not null ? (OwnerKind.Container, container.Name ?? ShortId(container.Id))
            : !isOfEngine && UnitNames.NamesService(main.Unit) ? (OwnerKind.Unit, main.Unit!)
            : (OwnerKind.Process, main.Name);
        return new PortOwner { Kind = kind, Name = name, Processes = ordered, UserId = main.UserId, Engine = engine };
    }

    /// <summary>Whether two sockets of one port belong in one row: one unit, one container, or one family of processes.</summary>
    public bool IsSameAs(PortOwner other)
    {
        if (Kind != other.Kind || !string.Equals(ActivatedBy, other.ActivatedBy, StringComparison.Ordinal))
        {
            return false;
        }

        return Kind switch
        {
            OwnerKind.Unit =>
                string.Equals(Name, other.Name, StringComparison.Ordinal) && Grade == other.Grade
                    && string.Equals(Main?.UnitPath, other.Main?.UnitPath, StringComparison.Ordinal),
            OwnerKind.Container => string.Equals(Container!.Id, other.Container!.Id, StringComparison.Ordinal) && Grade == other.Grade,
            OwnerKind.Process => string.Equals(Name, other.Name, StringComparison.Ordinal) && AreRelated(other),
            OwnerKind.Hidden or OwnerKind.None => UserId == other.UserId,
            _ => true,
        };
    }

    /// <summary>Both owners' processes under this one's name.</summary>
    public PortOwner With(PortOwner other)
    {
        var known = Processes.Select(p => p.Pid).ToHashSet();
        var more = other.Processes.Where(p => !known.Contains(p.Pid)).ToArray();
        return more.Length == 0 ? this
            : Named(RootsFirst([.. Processes, .. more]), Container) with
            {
                Container = Container,
                IsPublished = IsPublished,
                ActivatedBy = ActivatedBy,
            };
    }

    /// <summary>Forks of one parent, a parent and its child, or the very same process.</summary>
    private bool AreRelated(PortOwner other)
    {
        foreach (var mine in Processes)
        {
            foreach (var theirs in other.Processes)
            {
                if (mine.Pid == theirs.Pid || mine.ParentPid == theirs.Pid || theirs.ParentPid == mine.Pid
                    || (mine.ParentPid == theirs.ParentPid && mine.ParentPid > 1))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static List<ProcessInfo> RootsFirst(IReadOnlyCollection<ProcessInfo> processes)
    {
        var pids = processes.Select(p => p.Pid).ToHashSet();
        return [.. processes.OrderBy(p => pids.Contains(p.ParentPid)).ThenBy(p => p.StartTicks).ThenBy(p => p.Pid)];
    }

    /// <summary>The first 12 characters, as the runtimes' own tools print it.</summary>
    private static string ShortId(string id) => id.Length > 12 ? id[..12] : id;
}

/// <summary>Which systemd units stand for what they run, and which only hold whatever a person started.</summary>
public static class UnitNames
{
    /// <summary>
    /// Whether the unit names a service. A login session (<c>session-3.scope</c>), the manager of a user
    /// (<c>user@1000.service</c>), systemd itself (<c>init.scope</c>) and a terminal's scope do not: the process does.
    /// </summary>
    public static bool NamesService(string? unit) =>
        unit is not null
        && unit.EndsWith(".service", StringComparison.Ordinal)
        && !unit.StartsWith("user@", StringComparison.Ordinal);
}
