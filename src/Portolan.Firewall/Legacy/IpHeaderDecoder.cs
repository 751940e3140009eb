using System.Runtime.InteropServices;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Legacy;

/// <summary>Decodes what an entry tests of the IP header.</summary>
internal static class IpHeaderDecoder
{
    private const byte IsFragmentTested = 1; // IPT_F_FRAG
    private const byte IsProtocolTested = 1; // IP6T_F_PROTO
    private const byte IsServiceTested = 2; // IP6T_F_TOS
    private const byte InputInverted = 1; // IPT_INV_VIA_IN, IP6T_INV_VIA_IN
    private const byte OutputInverted = 2; // IPT_INV_VIA_OUT
    private const byte SourceInverted = 8; // IPT_INV_SRCIP
    private const byte DestinationInverted = 0x10; // IPT_INV_DSTIP
    private const byte FragmentInverted = 0x20; // IPT_INV_FRAG
    private const byte ProtocolInverted = 0x40; // XT_INV_PROTO

    /// <summary>The test; <c>null</c> when every packet passes it; an unknown expression when it is not understood.</summary>
    internal static Expression? Decode(in LegacyEntry entry)
    {
        var layout = entry.Layout;
        var bytes = entry.Bytes.Span[..layout.Size];
        var isIPv6 = layout.Family == RuleFamily.Ip6;
        var flags = bytes[layout.Flags];
        var inverted = bytes[layout.Inverted];
        var interfaces = bytes[layout.Interfaces..];
        if (InterfacePattern.Read(interfaces, interfaces[(2 * InterfacePattern.Size)..], (inverted & InputInverted) != 0) is not { } input
            || InterfacePattern.Read(
                interfaces[InterfacePattern.Size..], interfaces[(3 * InterfacePattern.Size)..],
                (inverted & OutputInverted) != 0) is not { } output
            || !TryFragment(isIPv6, flags, inverted, out var fragment))
        {
            return new UnknownExpression("ip-header", entry.Bytes[..layout.Size]);
        }

        // IPv6 tests a protocol only when the flag says so; IPv4 unless it is 0.
        var protocol = isIPv6 && (flags & IsProtocolTested) == 0 ? (ushort)0 : MemoryMarshal.Read<ushort>(bytes[layout.Protocol..]);
        var test = new IpHeaderMatchExpression(
            layout.Family,
            Mask(bytes, 0, layout.AddressSize, (inverted & SourceInverted) != 0),
            Mask(bytes, 1, layout.AddressSize, (inverted & DestinationInverted) != 0),
            input,
            output,
            protocol,
            protocol != 0 && (inverted & ProtocolInverted) != 0,
            fragment)
        {
            TypeOfService = isIPv6 && (flags & IsServiceTested) != 0 ? bytes[layout.Protocol + sizeof(ushort)] : null,
        };
        return IsAny(test) ? null : test;
    }

    private static AddressMask Mask(ReadOnlySpan<byte> bytes, int index, int size, bool isInverted) => new(
        InternetAddress.FromBytes(bytes.Slice(index * size, size)),
        InternetAddress.FromBytes(bytes.Slice((2 + index) * size, size)),
        isInverted);

    private static bool TryFragment(bool isIPv6, byte flags, byte inverted, out bool? fragment)
    {
        fragment = null;
        var isTested = !isIPv6 && (flags & IsFragmentTested) != 0;
        var isInverted = !isIPv6 && (inverted & FragmentInverted) != 0;
        if (isTested)
        {
            fragment = !isInverted;
        }

        // The inversion alone matches nothing (ip_packet_match); no program writes that.
        return isTested || !isInverted;
    }

    private static bool IsAny(IpHeaderMatchExpression test) =>
        IsAny(test.Source)
        && IsAny(test.Destination)
        && test.Input.IsAny
        && test.Output.IsAny
        && test.Protocol == 0
        && test.Fragment is null
        && test.TypeOfService is null;

    private static bool IsAny(AddressMask mask) => mask.Mask.Number == 0 && mask.Address.Number == 0 && !mask.IsInverted;
}
