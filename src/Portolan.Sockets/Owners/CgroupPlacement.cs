using System.Text;

namespace Portolan.Sockets.Owners;

/// <summary>Where a process runs, as its control group tells: the systemd unit and the container. All text is hostile.</summary>
/// <param name="Unit">The unit's true name, as systemctl takes it (escapes kept, see <see cref="UnitName.Display"/>), or <c>null</c>.</param>
/// <param name="Container">The container, or <c>null</c>.</param>
public readonly record struct CgroupPlacement(string? Unit, ContainerInfo? Container)
{
    /// <summary>
    /// Reads /proc/PID/cgroup (cgroups(7)): lines of <c>ID:CONTROLLERS:PATH</c>. In version 2 there is one, <c>0::PATH</c>; in
    /// version 1 one per hierarchy, of which systemd's own (<c>name=systemd</c>) knows units; a hybrid has both.
    /// </summary>
    public static CgroupPlacement Parse(ReadOnlySpan<byte> text)
    {
        // The hierarchies that systemd manages come first; a runtime that does not use systemd may show in the others only.
        string? unit = null;
        ContainerInfo? container = null;
        foreach (var preference in (ReadOnlySpan<LineKind>)[LineKind.Systemd, LineKind.Unified, LineKind.Controller])
        {
            foreach (var range in text.Split((byte)'\n'))
            {
                if ((unit is null || container is null) && TrySplit(text[range], out var kind, out var path) && kind == preference)
                {
                    var placement = FromPath(Encoding.UTF8.GetString(path));
                    container ??= placement.Container;
                    unit ??= kind == LineKind.Controller ? null : placement.Unit;
                }
            }
        }

        return new CgroupPlacement(unit, container);
    }

    /// <summary>Reads one control group's path, such as <c>/system.slice/ssh.service</c>.</summary>
    public static CgroupPlacement FromPath(string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (ContainerCgroup.Find(segments, out var at) is not { } container)
        {
            return new CgroupPlacement(UnitName.Find(segments), null);
        }

        // A container that runs systemd has units of its own; else a service of the host may hold it (podman's --cgroups=split).
        // Runtimes put the container's own tree one level down: payload (nspawn), ns (Proxmox), container (Podman).
        var inside = at + 1 < segments.Length && (segments[at + 1] is "payload" or "ns" or "container") ? at + 2 : at + 1;
        var unit = UnitName.Find(segments.AsSpan(inside)) ?? UnitName.Find(segments.AsSpan(0, at));
        return new CgroupPlacement(unit, container);
    }

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
        kind = controllers.SequenceEqual("name=systemd"u8) ? LineKind.Systemd : controllers.IsEmpty ? LineKind.Unified : LineKind.Controller;
        return path.Length > 1;
    }

    private enum LineKind
    {
        Systemd,
        Unified,
        Controller,
    }
}
