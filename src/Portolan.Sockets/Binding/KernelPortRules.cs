namespace Portolan.Sockets.Binding;

/// <summary>The kernel's settings that decide who may bind where, of the caller's namespace.</summary>
/// <param name="Ephemeral">Which ports the kernel gives out by itself, and which it is told not to; <c>null</c> when unknown.</param>
/// <param name="FirstUnprivileged">net.ipv4.ip_unprivileged_port_start, 0–65536: below it a bind needs CAP_NET_BIND_SERVICE.</param>
public sealed record KernelPortRules(EphemeralRange? Ephemeral, int FirstUnprivileged)
{
    /// <summary>A kernel's own defaults.</summary>
    public static KernelPortRules Default { get; } =
        new(new EphemeralRange(new PortRange(new PortNumber(32768), new PortNumber(60999)), new PortSet()), 1024);

    /// <summary>Whether net.ipv4.ip_local_reserved_ports lists the port.</summary>
    public bool IsReserved(PortNumber port) => Ephemeral?.Reserved.Contains(port) == true;
}
