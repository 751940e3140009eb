using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Xt;

/// <summary>To what is translated (linux/netfilter/nf_nat.h). The flags are as the kernel gives them.</summary>
/// <param name="Flags">NF_NAT_RANGE_*: 1 addresses, 2 ports, 4 random, 8 persistent, 16 fully random, 32 offset, 64 netmap.</param>
/// <param name="First">First address; meaningless without flag 1.</param>
/// <param name="Last">Last address; meaningless without flag 1.</param>
/// <param name="FirstPort">First port; meaningless without flag 2.</param>
/// <param name="LastPort">Last port; meaningless without flag 2.</param>
/// <param name="BasePort">From which the offset counts, with flag 32.</param>
public sealed record NatRange(uint Flags, InternetAddress First, InternetAddress Last, ushort FirstPort, ushort LastPort, ushort BasePort)
{
    private const uint MapAddresses = 1;
    private const uint MapPorts = 2;
    private const uint Offset = 32;

    /// <summary>Whether the address is translated.</summary>
    public bool HasAddresses => (Flags & MapAddresses) != 0;

    /// <summary>Whether the port is translated to one of these.</summary>
    public bool HasPorts => (Flags & MapPorts) != 0;

    /// <summary>Whether the port's distance from <see cref="BasePort"/> chooses the new one.</summary>
    public bool IsShifted => HasPorts && (Flags & Offset) != 0;

    /// <summary><c>struct nf_nat_ipv4_multi_range_compat</c>, with one range as all kernels of this century want it.</summary>
    internal static NatRange? ReadIPv4(XtPayload payload)
    {
        const int Size = 20;
        return payload.Has(Size) && payload.Family == RuleFamily.Ip && payload.UInt32(0) == 1
            ? new NatRange(
                payload.UInt32(4),
                InternetAddress.FromBytes(payload.Bytes.Span.Slice(8, 4)),
                InternetAddress.FromBytes(payload.Bytes.Span.Slice(12, 4)),
                payload.BigEndian16(16),
                payload.BigEndian16(18),
                0)
            : null;
    }

    /// <summary><c>struct nf_nat_range</c>, or <c>struct nf_nat_range2</c> with a base.</summary>
    internal static NatRange? Read(XtPayload payload, bool hasBase)
    {
        const int Size = 40;
        const int Size2 = 42;
        return payload.Has(hasBase ? Size2 : Size)
            ? new NatRange(
                payload.UInt32(0),
                payload.Address(4),
                payload.Address(20),
                payload.BigEndian16(36),
                payload.BigEndian16(38),
                hasBase ? payload.BigEndian16(40) : (ushort)0)
            : null;
    }

    /// <summary>The layout of revision 0, which has another one for each family.</summary>
    internal static NatRange? ReadByFamily(XtPayload payload) =>
        payload.Family == RuleFamily.Ip6 ? Read(payload, hasBase: false) : ReadIPv4(payload);
}
