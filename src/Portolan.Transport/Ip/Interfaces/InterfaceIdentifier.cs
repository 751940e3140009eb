using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>The lower halves of IPv6 addresses.</summary>
internal static class InterfaceIdentifier
{
    internal const ulong LinkLocalPrefix = 0xfe80_0000_0000_0000;

    /// <summary>RFC 4291 appendix A: the Ethernet address with ff:fe in its middle and the universal bit turned over.</summary>
    internal static ulong FromHardwareAddress(MacAddress address) =>
        ((address.Value & 0xffff_ff00_0000) << 16 | 0xff_fe00_0000 | (address.Value & 0xff_ffff)) ^ 0x0200_0000_0000_0000;

    /// <summary>RFC 7217 section 5: F(Prefix, Net_Iface, Network_ID, DAD_Counter, secret_key), here without a Network_ID.</summary>
    internal static ulong Stable(in SipHash secret, ulong prefix, MacAddress hardwareAddress, int interfaceNumber, int attempt)
    {
        var identifier = secret.Of([prefix, hardwareAddress.Value, ((ulong)(uint)interfaceNumber << 32) | (uint)attempt]);

        // RFC 5453: the anycast identifiers and zero are reserved.
        return identifier is 0 or >= 0xfdff_ffff_ffff_ff80
            ? Stable(secret, ~prefix, hardwareAddress, interfaceNumber, attempt)
            : identifier;
    }

    internal static InternetAddress LinkLocal(ulong identifier) =>
        InternetAddress.FromNumber(new UInt128(LinkLocalPrefix, identifier), isIPv4: false);
}
