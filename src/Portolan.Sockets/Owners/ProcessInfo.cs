namespace Portolan.Sockets.Owners;

/// <summary>A process, as far as /proc shows it. All text in it is hostile: any process may choose it.</summary>
/// <param name="Pid">Process id in the caller's pid namespace.</param>
/// <param name="StartTicks">Start time in clock ticks since boot (field 22 of /proc/PID/stat); with <paramref name="Pid"/> it names the
/// process for good.</param>
public sealed record ProcessInfo(int Pid, ulong StartTicks)
{
    /// <summary>Parent process id, 0 for none.</summary>
    public int ParentPid { get; init; }

    /// <summary>
    /// The program's real name, not cut at 15 characters. Empty where the process gave itself no name and its program file is hidden.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The name to show: <c>pid 42</c> for a process without one. Hostile text.</summary>
    public string ShownName => Name.Length > 0 ? Name : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"pid {Pid}");

    /// <summary>The arguments; empty for a kernel thread, <c>null</c> when hidden.</summary>
    public IReadOnlyList<string>? CommandLine { get; init; }

    /// <summary>Effective user id, or <c>null</c> when hidden.</summary>
    public uint? UserId { get; init; }

    /// <summary>Its controlling terminal as a device number (tty_nr of /proc/PID/stat); 0 for none.</summary>
    public int TerminalDevice { get; init; }

    /// <summary>The process that made its session (setsid(2)), which may be gone; 0 where it is unknown.</summary>
    public int SessionId { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The systemd unit, such as <c>ssh.service</c>, or <c>null</c>.</summary>
    public string? Unit { get; init; }

    /// <summary>The path of the unit's control group, as read together with <see cref="StartTicks"/>; <c>null</c> without a unit.</summary>
    public string? UnitPath { get; init; }

    /// <summary>Whether the unit is one of a user's own manager, which the system's systemctl does not know.</summary>
    public bool IsUserUnit { get; init; }

    /// <summary>
    /// Whether the unit is one of the manager of the process's own user: <c>/user.slice/user-1000.slice/user@1000.service/…</c>.
    /// </summary>
    public bool IsOfOwnManager => IsUserUnit && UserId is { } user && UnitPath is { } path
        && path.StartsWith(
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"/user.slice/user-{user}.slice/user@{user}.service/"),
            StringComparison.Ordinal);

    /// <summary>Who says that the process belongs to <see cref="Unit"/>.</summary>
    public NameGrade UnitGrade { get; init; } = NameGrade.Proved;

    /// <summary>The path of the container's control group; <c>null</c> where the container is not known from it.</summary>
    public string? ContainerPath { get; init; }

    /// <summary>The container, or <c>null</c>.</summary>
    public ContainerInfo? Container { get; init; }

    /// <summary>Working directory; only when asked for and visible.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The program file; only when asked for, or of a program that calls itself a publisher of ports, and visible.</summary>
    public string? ExecutablePath { get; init; }

    /// <summary>
    /// The link through which the program was started where its file has another name, as <c>/usr/bin/redis-server</c> is one to
    /// <c>redis-check-rdb</c>; <c>null</c> where there is none in a folder of programs. Only when the paths were asked for.
    /// </summary>
    public string? StartedAs { get; init; }

    /// <summary>
    /// Who named the program file: root (proved), root within a container that root made (confirmed), or perhaps the user who started it
    /// (claimed). Only where the path was asked for.
    /// </summary>
    public NameGrade ProgramGrade { get; init; }
}

/// <summary>A container a process runs in, or a published-port proxy stands for.</summary>
/// <param name="Id">Full id as the runtime writes it.</param>
/// <param name="Runtime"><c>docker</c>, <c>podman</c>, <c>containerd</c>, <c>cri-o</c>, <c>lxc</c>, <c>nspawn</c>.</param>
/// <param name="Name">Name from the runtime's socket, or <c>null</c> when not asked or not answered.</param>
/// <param name="Pod">Kubernetes pod uid, or <c>null</c>.</param>
public sealed record ContainerInfo(string Id, string Runtime, string? Name, string? Pod)
{
    /// <summary>Who says so.</summary>
    public NameGrade Grade { get; init; } = NameGrade.Proved;

    /// <summary>
    /// The image that it was made from, as its engine names it, such as <c>docker.io/library/redis:7</c>; <c>null</c> where it was not
    /// asked. Hostile text.
    /// </summary>
    public string? Image { get; init; }

    /// <summary>Whose engine runs it: 0 for the system's, else the user that runs one without root.</summary>
    public uint EngineUser { get; init; }

    /// <summary>The engine that runs it.</summary>
    public ContainerEngine Engine => new(Runtime, EngineUser);
}
