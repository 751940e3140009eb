using Portolan.Model.Registry;
using Portolan.Scan.Targets;

namespace Portolan.Server.Lab;

/// <summary>Reads <c>--ports</c>, in nmap's words.</summary>
internal static class ScannedPorts
{
    /// <returns>The ports of each protocol; <c>null</c> for both when nothing was said.</returns>
    /// <exception cref="PortolanException">It is not a list of ports.</exception>
    internal static (PortSet? Tcp, PortSet? Udp) Read(string? text)
    {
        if (text is null)
        {
            return (null, null);
        }

        var ports = new PortGrammar(tcp: true, udp: true, ServiceRegistry.BuiltIn).Parse(text, "--ports");
        return (ports.Tcp, ports.Udp);
    }
}
