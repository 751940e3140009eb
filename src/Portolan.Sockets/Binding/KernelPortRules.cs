namespace Portolan.Sockets.Binding;

/// <summary>The kernel's settings that decide who may bind where, of the caller's namespace.</summary>
/// <param name="EphemeralRange">net.ipv4.ip_local_port_range, or <c>null</c> when unknown.</param>
/// <param name="FirstUnprivileged">net.ipv4.ip_unprivileged_port_start: below it a bind needs CAP_NET_BIND_SERVICE.</param>
/// <param name="IsReserved">Whether net.ipv4.ip_local_reserved_ports lists a port.</param>
public sealed record KernelPortRules(PortRange? EphemeralRange, PortNumber FirstUnprivileged, Func<PortNumber, bool> IsReserved)
{
    /// <summary>A kernel's own defaults.</summary>
    public static KernelPortRules Default { get; } =
        new(new PortRange(new PortNumber(32768), new PortNumber(60999)), new PortNumber(1024), static _ => false);
}
