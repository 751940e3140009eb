using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Identification;

/// <summary>
/// What a UDP port may be that keeps silent, where a protocol that answers no stranger has it usually. Nothing proves it: it is a hint by
/// the port's number, and never stands in <see cref="ServiceAnswer.Service"/>.
/// </summary>
public static class SilentServices
{
    /// <summary>The protocol's name; <c>null</c> where the port has answered, or no such protocol has it.</summary>
    public static string? MayBe(in PortResult port) =>
        port.State == PortState.OpenFiltered && port.Port.Protocol == TransportProtocol.Udp && port.Service?.Service is null
            ? On(port.Port.Port)
            : null;

    private static string? On(PortNumber port)
    {
        foreach (var protocol in ServiceCatalog.Udp)
        {
            if (protocol.IsSilentToStrangers && protocol.Ports.Contains(port.Value))
            {
                return protocol.Name;
            }
        }

        return null;
    }
}
