using System.Buffers;

namespace Portolan.Sockets.Owners;

/// <summary>Recognises containers by the names runtimes give their control groups.</summary>
/// <remarks>
/// Of nested containers the outermost is taken: it is the one whose runtime runs on this machine. A runtime's own monitor
/// (conmon, lxc.monitor) runs outside the container and is not taken for it; neither is a virtual machine of libvirt.
/// </remarks>
internal static class ContainerCgroup
{
    private const int IdLength = 64;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    // PREFIX-<id>.scope (systemd driver) or PREFIX-<id> (cgroupfs driver). The longer of two prefixes comes first.
    private static readonly (string Prefix, string Runtime)[] Prefixes =
    [
        ("docker-", "docker"),
        ("libpod-payload-", "podman"),
        ("libpod-", "podman"),
        ("cri-containerd-", "containerd"),
        ("nerdctl-", "containerd"),
        ("containerd-", "containerd"),
        ("crio-", "cri-o"),
    ];

    /// <summary>The container a path leads into, and which of its parts names it.</summary>
    internal static ContainerInfo? Find(ReadOnlySpan<string> segments, out int at)
    {
        for (at = 0; at < segments.Length; at++)
        {
            if (Recognise(segments, at) is { } container)
            {
                return container;
            }
        }

        return null;
    }

    /// <summary>The container that one part of a path names, or <c>null</c>.</summary>
    internal static ContainerInfo? Recognise(ReadOnlySpan<string> segments, int at)
    {
        var segment = segments[at];
        var parent = at > 0 ? segments[at - 1] : "";
        var scope = TrimEnd(segment, ".scope");
        foreach (var (prefix, runtime) in Prefixes)
        {
            if (scope.StartsWith(prefix, StringComparison.Ordinal) && IsId(scope[prefix.Length..]))
            {
                return new ContainerInfo(scope[prefix.Length..], runtime, null, PodOf(parent));
            }
        }

        if (IsId(segment))
        {
            // Docker's own driver writes /docker/<id>, Amazon's agent /ecs/<task>/<id>; any other parent is a namespace of containerd or a
            // pod.
            var docker = parent == "docker" || segments[..at].Contains("ecs");
            return new ContainerInfo(segment, docker ? "docker" : "containerd", null, PodOf(parent));
        }

        return RecogniseLxc(segment, parent) ?? RecogniseNspawn(segment, parent);
    }

    // lxc.payload.NAME (LXC 4 and later, Incus, LXD), lxc.payload/NAME and lxc/NAME (older, Proxmox).
    private static ContainerInfo? RecogniseLxc(string segment, string parent)
    {
        const string Payload = "lxc.payload.";
        if (segment.StartsWith(Payload, StringComparison.Ordinal) && segment.Length > Payload.Length)
        {
            return new ContainerInfo(segment[Payload.Length..], "lxc", null, null);
        }

        return parent is "lxc" or "lxc.payload" ? new ContainerInfo(segment, "lxc", null, null) : null;
    }

    // machine-NAME.scope in machine.slice (systemd-nspawn, machinectl) or systemd-nspawn@NAME.service.
    private static ContainerInfo? RecogniseNspawn(string segment, string parent)
    {
        if (parent != "machine.slice")
        {
            return null;
        }

        const string Machine = "machine-", Template = "systemd-nspawn@";
        var name = segment.StartsWith(Machine, StringComparison.Ordinal) && segment.EndsWith(".scope", StringComparison.Ordinal)
            ? TrimEnd(segment, ".scope")[Machine.Length..]
            : segment.StartsWith(Template, StringComparison.Ordinal) ? TrimEnd(segment, ".service")[Template.Length..] : "";
        if (name.Length == 0 || name.StartsWith("qemu\\x2d", StringComparison.Ordinal))
        {
            return null;
        }

        var shown = UnitName.Display(name);
        return shown.StartsWith("lxc-", StringComparison.Ordinal) && segment.StartsWith("machine-lxc\\x2d", StringComparison.Ordinal)
            ? new ContainerInfo(shown, "lxc", null, null)
            : new ContainerInfo(shown, "nspawn", null, null);
    }

    // kubepods-burstable-pod<uid>.slice, with '_' for '-', or pod<uid> in kubepods (Kubernetes, pkg/kubelet/cm).
    private static string? PodOf(string parent)
    {
        var slice = TrimEnd(parent, ".slice");
        var systemd = slice.Length < parent.Length;
        var at = systemd ? slice.LastIndexOf("-pod", StringComparison.Ordinal) + 1 : 0;
        if ((systemd && (at == 0 || !slice.Contains("kubepods", StringComparison.Ordinal))) || !slice.AsSpan(at).StartsWith("pod"))
        {
            return null;
        }

        var uid = slice[(at + 3)..].Replace('_', '-');
        return uid.Length >= 32 ? uid : null;
    }

    private static string TrimEnd(string text, string suffix)
        => text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text;

    /// <summary>Whether a text is the full id of a container.</summary>
    internal static bool IsId(string text)
        => text.Length == IdLength && !text.AsSpan().ContainsAnyExcept(HexDigits);
}
