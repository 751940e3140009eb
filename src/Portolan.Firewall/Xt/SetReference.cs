namespace Portolan.Firewall.Xt;

/// <summary>A set of ipset and which facts of a packet make the key (<c>struct xt_set_info</c>, linux/netfilter/xt_set.h).</summary>
/// <param name="Index">The kernel's number of the set; <see cref="None"/> for no set.</param>
/// <param name="Dimensions">How many facts the key has.</param>
/// <param name="Flags">IPSET_INV_MATCH, IPSET_DIM_ONE_SRC and so on.</param>
public readonly record struct SetReference(ushort Index, byte Dimensions, byte Flags)
{
    /// <summary>IPSET_INVALID_ID.</summary>
    public const ushort None = 65535;

    /// <summary>Bytes of the kernel's structure.</summary>
    internal const int Size = 4;

    private const byte Inverted = 1; // IPSET_INV_MATCH
    private const byte NoMatchIsMatch = 1 << 7; // IPSET_RETURN_NOMATCH

    /// <summary>Whether it matches what is not in the set.</summary>
    public bool IsInverted => (Flags & Inverted) != 0;

    /// <summary>Whether an element that excludes (nomatch) matches, and no other.</summary>
    public bool ReturnsNoMatch => (Flags & NoMatchIsMatch) != 0;

    /// <summary>Whether a fact, the first being 0, is the source's; else the destination's.</summary>
    public bool IsSource(int dimension) => (Flags & (1 << (dimension + 1))) != 0;

    /// <summary>Reads one.</summary>
    internal static SetReference Read(XtPayload payload, int offset) =>
        new(payload.UInt16(offset), payload.Byte(offset + 2), payload.Byte(offset + 3));
}
