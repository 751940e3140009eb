using System.Text;

namespace Portolan.Sockets.Owners;

/// <summary>Where a process runs, as its control group tells: the systemd unit and the container. All text is hostile.</summary>
/// <param name="Unit">The unit's true name, as systemctl takes it (escapes kept, see <see cref="UnitName.Display"/>), or
/// <c>null</c>.</param>
/// <param name="Container">The container, or <c>null</c>.</param>
public readonly record struct CgroupPlacement(string? Unit, ContainerInfo? Container)
{
    /// <summary>
    /// The path of the group that the unit's name stands for, such as <c>/system.slice/ssh.service</c>; <c>null</c> without a unit.
    /// </summary>
    public string? UnitPath { get; init; }

    /// <summary>The path of the group that the container's name stands for; <c>null</c> without a container.</summary>
    public string? ContainerPath { get; init; }

    /// <summary>
    /// Whether the unit is one of a user's manager: it lies below <c>user@1000.service</c>, where that user chooses the names.
    /// </summary>
    public bool IsUserUnit { get; init; }

    /// <summary>
    /// Whether root alone can have given the unit its group; <see cref="NameGrade.Claimed"/> where that was not looked at.
    /// </summary>
    public NameGrade UnitGrade { get; init; }

    /// <summary>Reads /proc/PID/cgroup (cgroups(7)) without looking at the groups themselves: see the other overload.</summary>
    public static CgroupPlacement Parse(ReadOnlySpan<byte> text) => Parse(text, static (_, _) => true);

    /// <summary>
    /// Reads /proc/PID/cgroup (cgroups(7)): lines of <c>ID:CONTROLLERS:PATH</c>. In version 2 there is one, <c>0::PATH</c>; in
    /// version 1 one per hierarchy, of which systemd's own (<c>name=systemd</c>) knows units; a hybrid has both.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="isNamedByRoot">Whether root alone can have named the group of a path, of version 2 or not.</param>
    public static CgroupPlacement Parse(ReadOnlySpan<byte> text, Func<string, bool, bool> isNamedByRoot)
    {
        // The hierarchies that systemd manages come first; a runtime that does not use systemd may show in the others only.
        var found = default(CgroupPlacement);
        foreach (var preference in (ReadOnlySpan<LineKind>)[LineKind.Systemd, LineKind.Unified, LineKind.Controller])
        {
            foreach (var range in text.Split((byte)'\n'))
            {
                if ((found.Unit is null || found.Container is null) && TrySplit(text[range], out var kind, out var path)
                    && kind == preference)
                {
                    found = found.With(FromPath(Encoding.UTF8.GetString(path)), kind, isNamedByRoot);
                }
            }
        }

        return found;
    }

    /// <summary>Reads one control group's path, such as <c>/system.slice/ssh.service</c>. Who named it is not looked at.</summary>
    public static CgroupPlacement FromPath(string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var manager = UnitName.FindUserManager(segments);
        if (FindContainer(segments, manager, out var at) is not { } container)
        {
            return WithUnit(segments, 0, segments.Length, null, manager);
        }

        // A container that runs systemd has units of its own; else a service of the host may hold it (podman's --cgroups=split).
        // Runtimes put the container's own tree one level down: payload (nspawn), ns (Proxmox), container (Podman).
        var inside = at + 1 < segments.Length && (segments[at + 1] is "payload" or "ns" or "container") ? at + 2 : at + 1;
        var own = WithUnit(segments, inside, segments.Length, container, manager);
        return (own.Unit is not null ? own : WithUnit(segments, 0, at, container, manager)) with { ContainerPath = PathOf(segments, at) };
    }

    // Below a user's manager that user chooses the names: only Podman's containers, which live there, are taken, as a claim.
    private static ContainerInfo? FindContainer(string[] segments, int manager, out int at)
    {
        var trusted = manager < 0 ? segments.Length : manager;
        if (ContainerCgroup.Find(segments.AsSpan(0, trusted), out at) is { } container)
        {
            return container;
        }

        for (at = trusted; at < segments.Length; at++)
        {
            if (ContainerCgroup.Recognise(segments, at) is { Runtime: "podman" } own)
            {
                return own with { Grade = NameGrade.Claimed, EngineUser = UnitName.ManagersUser(segments[manager]) ?? 0 };
            }
        }

        return null;
    }

    private static CgroupPlacement WithUnit(string[] segments, int from, int end, ContainerInfo? container, int manager)
    {
        var unit = from < end ? UnitName.Find(segments.AsSpan(from, end - from), out var at) : UnitName.Find([], out at);
        return new CgroupPlacement(unit, container)
        {
            UnitPath = unit is null ? null : PathOf(segments, from + at),
            IsUserUnit = unit is not null && manager >= 0 && from + at > manager,
        };
    }

    private CgroupPlacement With(CgroupPlacement other, LineKind kind, Func<string, bool, bool> isNamedByRoot)
    {
        var result = this;
        if (result.Container is null && other.Container is { } container)
        {
            var isProved = container.Grade == NameGrade.Proved && isNamedByRoot(other.ContainerPath!, kind == LineKind.Unified);
            result = result with
            {
                Container = isProved ? container : container with { Grade = NameGrade.Claimed },
                ContainerPath = other.ContainerPath,
            };
        }

        if (result.Unit is null && kind != LineKind.Controller && other.Unit is not null)
        {
            var isProved = !other.IsUserUnit && isNamedByRoot(other.UnitPath!, kind == LineKind.Unified);
            result = result with
            {
                Unit = other.Unit,
                UnitPath = other.UnitPath,
                IsUserUnit = other.IsUserUnit,
                UnitGrade = isProved ? NameGrade.Proved : NameGrade.Claimed,
            };
        }

        return result;
    }

    private static string PathOf(string[] segments, int last) => "/" + string.Join('/', segments, 0, last + 1);

    private static bool TrySplit(ReadOnlySpan<byte> line, out LineKind kind, out ReadOnlySpan<byte> path)
    {
        kind = default;
        path = default;
        var first = line.IndexOf((byte)':');
        var second = first < 0 ? -1 : line[(first + 1)..].IndexOf((byte)':');
        if (second < 0)
        {
            return false;
        }

        var controllers = line.Slice(first + 1, second);
        path = line[(first + second + 2)..];
        kind = controllers.SequenceEqual("name=systemd"u8)
            ? LineKind.Systemd
            : controllers.IsEmpty ? LineKind.Unified : LineKind.Controller;
        return path.Length > 1;
    }

    private enum LineKind
    {
        Systemd,
        Unified,
        Controller,
    }
}
