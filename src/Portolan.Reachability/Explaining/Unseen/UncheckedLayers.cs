using System.Globalization;
using Portolan.Firewall.Host;
using Portolan.Linux;
using Portolan.Linux.Bpf;
using Portolan.Linux.Netlink;
using Portolan.Linux.Proc;

namespace Portolan.Reachability.Explaining.Unseen;

/// <summary>
/// Looks for what may stop packets besides rules and routes: XDP, tc, control groups, IPsec policies, security modules, a cloud's security
/// groups.
/// </summary>
/// <param name="host">The interfaces; <c>null</c> when they could not be read.</param>
/// <param name="root">The root of /proc and /sys.</param>
public sealed class UncheckedLayers(HostFacts? host, string root)
{
    private const int ShownPolicies = 3;

    private static readonly (string Vendor, string Name)[] Clouds =
    [
        ("Amazon EC2", "Amazon EC2"), ("Google", "Google Cloud"), ("Microsoft Corporation", "Azure or Hyper-V"),
        ("DigitalOcean", "DigitalOcean"),
        ("Hetzner", "Hetzner"), ("OpenStack", "OpenStack"), ("Alibaba Cloud", "Alibaba Cloud"), ("OracleCloud", "Oracle Cloud"),
        ("Scaleway", "Scaleway"), ("Vultr", "Vultr"),
    ];

    /// <summary>Opens a channel of NETLINK_ROUTE, for the filters of tc.</summary>
    public Func<INetlinkChannel> OpenRoute { get; init; } = static () => NetlinkSocket.Open(NetlinkFamily.Route);

    /// <summary>Counts BPF programs of tcx at an interface; or the negative error number.</summary>
    public Func<int, int> CountTcx { get; init; } = BpfAttachments.CountAtInterface;

    /// <summary>Counts BPF programs at a control group; or the negative error number.</summary>
    public Func<string, int> CountAtCgroup { get; init; } = BpfAttachments.CountAtCgroup;

    /// <summary>Looks for each layer on these interfaces and control groups.</summary>
    /// <param name="interfaces">The interfaces that packets arrive on; empty for all that are up.</param>
    /// <param name="cgroups">The paths of the listeners' control groups.</param>
    public IReadOnlyList<UnseenLayer> Look(IReadOnlyList<int> interfaces, IReadOnlyList<string> cgroups)
    {
        var devices = host?.Interfaces.Where(
            i => i is { IsUp: true, IsLoopback: false } && (interfaces.Count == 0 || interfaces.Contains(i.Index))).ToList() ?? [];
        return [Xdp(devices), Tc(devices), Cgroups(cgroups), Ipsec(), SecurityModule(), Cloud()];
    }

    private UnseenLayer Xdp(List<HostInterface> devices) => host is null
        ? new UnseenLayer("XDP", LayerPresence.Unknowable, "the interfaces could not be read")
        : Named("XDP", [.. devices.Where(d => d.HasXdp).Select(d => d.Name)]);

    private UnseenLayer Tc(List<HostInterface> devices)
    {
        var found = new List<string>();
        var refused = 0;
        try
        {
            using var channel = OpenRoute();
            var filters = new TrafficFilters(channel);
            foreach (var device in devices)
            {
                var programs = CountTcx(device.Index);
                refused = programs == -Errno.NotPermitted ? Errno.NotPermitted : refused;
                if (programs > 0 || filters.HasIngress(device.Index))
                {
                    found.Add(device.Name);
                }
            }
        }
        catch (LinuxException exception)
        {
            return new UnseenLayer("tc", LayerPresence.Unknowable, exception.Message);
        }

        return found.Count == 0 && refused != 0
            ? new UnseenLayer("tc", LayerPresence.Unknowable, "no filter; programs of tcx are shown to root only")
            : Named("tc", found);
    }

    private UnseenLayer Cgroups(IReadOnlyList<string> cgroups)
    {
        var (found, refused) = (new List<string>(), false);
        foreach (var path in cgroups)
        {
            var programs = CountAtCgroup(path);
            refused |= programs < 0;
            if (programs > 0)
            {
                found.Add(string.Create(CultureInfo.InvariantCulture, $"{programs} at {Path.GetFileName(path)}"));
            }
        }

        return found.Count > 0 ? new UnseenLayer("cgroup BPF", LayerPresence.Present, string.Join(", ", found))
            : refused ? new UnseenLayer("cgroup BPF", LayerPresence.Unknowable, "shown to root only")
            : cgroups.Count == 0 ? new UnseenLayer("cgroup BPF", LayerPresence.Unknowable, "the listener's control group is unknown")
            : new UnseenLayer("cgroup BPF", LayerPresence.Absent, "");
    }

    private UnseenLayer Ipsec() => host?.Ipsec is not { } ipsec
        ? new UnseenLayer("IPsec policies", LayerPresence.Unknowable, "not checked")
        : ipsec.Problem is { } problem ? new UnseenLayer("IPsec policies", LayerPresence.Unknowable, problem)
        : ipsec.Policies.Count == 0 ? new UnseenLayer("IPsec policies", LayerPresence.Absent, "")
        : new UnseenLayer(
            "IPsec policies", LayerPresence.Present, string.Join(", ", ipsec.Policies.Take(ShownPolicies).Select(static p => p.Text))
            + (ipsec.Policies.Count > ShownPolicies
                ? string.Create(CultureInfo.InvariantCulture, $" and {ipsec.Policies.Count - ShownPolicies} more")
                : ""));

    private UnseenLayer SecurityModule()
    {
        if (Text("sys/fs/selinux/enforce") is { } enforce)
        {
            return new UnseenLayer(
                "SELinux", enforce == "1" ? LayerPresence.Present : LayerPresence.Absent, enforce == "1" ? "enforcing" : "permissive");
        }

        return Text("sys/module/apparmor/parameters/enabled") == "Y"
            ? new UnseenLayer("AppArmor", LayerPresence.Present, "")
            : new UnseenLayer("SELinux, AppArmor", LayerPresence.Absent, "");
    }

    private UnseenLayer Cloud()
    {
        var vendor = Text("sys/class/dmi/id/sys_vendor") ?? "";
        var cloud = Array.Find(Clouds, c => vendor.StartsWith(c.Vendor, StringComparison.OrdinalIgnoreCase)).Name;
        return new UnseenLayer("cloud security group", LayerPresence.Unknowable, cloud is null ? "" : $"this is {cloud}");
    }

    private static UnseenLayer Named(string name, List<string> where) =>
        new(name, where.Count > 0 ? LayerPresence.Present : LayerPresence.Absent, where.Count > 0 ? $"on {string.Join(", ", where)}" : "");

    private string? Text(string name) => KernelFile.Text(Path.Combine(root, name))?.Trim();
}

/// <summary>A layer that may stop packets and is not judged: whether there is one here.</summary>
/// <param name="Name">Such as <c>XDP</c> or <c>cloud security group</c>.</param>
/// <param name="Presence">Whether it is there.</param>
/// <param name="Detail">Where, or why it cannot be known; empty when there is nothing to add.</param>
public sealed record UnseenLayer(string Name, LayerPresence Presence, string Detail);

/// <summary>What a search for a layer found.</summary>
public enum LayerPresence
{
    /// <summary>It is there, and may stop packets.</summary>
    Present,

    /// <summary>It was looked for, and is not there.</summary>
    Absent,

    /// <summary>It cannot be known from here.</summary>
    Unknowable,
}
