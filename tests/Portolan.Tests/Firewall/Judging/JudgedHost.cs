using Portolan.Firewall.Host;
using Portolan.Model;

namespace Portolan.Tests.Firewall.Judging;

/// <summary>A host with one cable, whose rules tests make up.</summary>
internal static class JudgedHost
{
    /// <summary>198.18.0.2 on eth0, from where everything else is reached.</summary>
    internal static HostFacts Make()
    {
        var (own, any) = (InternetAddress.FromIPv4(0xc6120002), InternetAddress.AnyIPv4);
        return new HostFacts
        {
            Interfaces = [new HostInterface(1, "lo") { IsUp = true, IsLoopback = true }, new HostInterface(2, "eth0")
            {
                IsUp = true,
                HardwareType = 1,
            }],
            Addresses = [new HostAddress(2, own, 24)],
            Routes =
            [
                new HostRoute(255, own, 32, HostRouteKind.Local, 0) { Interfaces = [2] },
                new HostRoute(254, any, 0, HostRouteKind.Unicast, 0) { Interfaces = [2] },
            ],
            PolicyRules = [new PolicyRule(true, 0, 255), new PolicyRule(true, 32766, 254), new PolicyRule(true, 32767, 253)],
        };
    }
}
