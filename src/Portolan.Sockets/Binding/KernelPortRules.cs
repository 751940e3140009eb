using System.Globalization;

namespace Portolan.Sockets.Binding;

/// <summary>The kernel's settings that decide who may bind where, of the caller's namespace.</summary>
/// <param name="Ephemeral">Which ports the kernel gives out by itself, and which it is told not to; <c>null</c> when unknown.</param>
/// <param name="FirstUnprivileged">net.ipv4.ip_unprivileged_port_start, 0–65536: below it a bind needs CAP_NET_BIND_SERVICE.</param>
public sealed record KernelPortRules(EphemeralRange? Ephemeral, int FirstUnprivileged)
{
    /// <summary>A kernel's own defaults.</summary>
    public static KernelPortRules Default { get; } =
        new(new EphemeralRange(new PortRange(new PortNumber(32768), new PortNumber(60999)), new PortSet()), 1024);

    /// <summary>The settings of the calling thread's namespace, from /proc/sys/net/ipv4; the defaults stand in for what cannot be read.</summary>
    public static KernelPortRules Read()
    {
        var range = ReadSetting("ip_local_port_range");
        var ephemeral = range is not null && EphemeralRange.TryParse(range, ReadSetting("ip_local_reserved_ports") ?? "", out var parsed) ? parsed : Default.Ephemeral;
        return int.TryParse(ReadSetting("ip_unprivileged_port_start"), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            ? new KernelPortRules(ephemeral, first)
            : new KernelPortRules(ephemeral, Default.FirstUnprivileged);
    }

    /// <summary>Whether net.ipv4.ip_local_reserved_ports lists the port.</summary>
    public bool IsReserved(PortNumber port) => Ephemeral?.Reserved.Contains(port) == true;

    private static string? ReadSetting(string name)
    {
        try
        {
            return File.ReadAllText($"/proc/sys/net/ipv4/{name}").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
