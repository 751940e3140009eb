namespace Portolan.Scan.Probes;

/// <summary>How a cookie is spread over ICMP requests.</summary>
internal static class IcmpCookie
{
    /// <summary>The originate timestamp of a timestamp request, which the reply repeats: the upper bit says that it is not in standard units (RFC 792).</summary>
    public static uint Originate(ProbeCookie cookie) => (uint)cookie.Value | 0x8000_0000;
}
