using Portolan.Linux.Proc;
using Portolan.Model;

namespace Portolan.Linux;

/// <summary>
/// The kernel's settings about ports, of the network namespace of the thread that reads them (Documentation/networking/ip-sysctl.rst).
/// </summary>
public sealed record KernelSettings
{
    /// <summary>The kernel's own default of <see cref="FirstUnprivilegedPort"/>.</summary>
    private const int DefaultFirstUnprivilegedPort = 1024;

    /// <summary>net.ipv4.ip_local_port_range less ip_local_reserved_ports; <c>null</c> when it cannot be read. IPv6 uses it too.</summary>
    public EphemeralRange? EphemeralRange { get; init; }

    /// <summary>
    /// net.ipv4.ip_unprivileged_port_start: a bind below it needs CAP_NET_BIND_SERVICE. The default, 1024, when it cannot be read.
    /// </summary>
    public PortNumber FirstUnprivilegedPort { get; init; } = new(DefaultFirstUnprivilegedPort);

    /// <summary>
    /// net.ipv6.bindv6only: whether an IPv6 wildcard leaves IPv4 alone unless the program says otherwise; <c>null</c> without IPv6.
    /// </summary>
    public bool? BindV6Only { get; init; }

    /// <summary>Reads them. What cannot be read keeps its default.</summary>
    /// <param name="procRoot">Where /proc is.</param>
    public static KernelSettings Read(string procRoot = "/proc")
    {
        var settings = new KernelSettings();
        if (SystemSetting.Read(procRoot, "net/ipv4/ip_local_port_range") is { } range
            && EphemeralRange.TryParse(range, SystemSetting.Read(procRoot, "net/ipv4/ip_local_reserved_ports"), out var ephemeral))
        {
            settings = settings with { EphemeralRange = ephemeral };
        }

        if (PortNumber.TryParse(SystemSetting.Read(procRoot, "net/ipv4/ip_unprivileged_port_start").AsSpan().Trim(), out var first))
        {
            settings = settings with { FirstUnprivilegedPort = first };
        }

        return SystemSetting.Read(procRoot, "net/ipv6/bindv6only")?.Trim() switch
        {
            "0" => settings with { BindV6Only = false },
            "1" => settings with { BindV6Only = true },
            _ => settings,
        };
    }
}
