namespace Portolan.Firewall.Xt.Matches;

/// <summary>No more than a rate, counted for each of a kind (linux/netfilter/xt_hashlimit.h).</summary>
/// <param name="Interval">Ticks between two packets on average; of bytes what the kernel makes of them.</param>
/// <param name="TicksPerSecond">Ticks of a second.</param>
/// <param name="Keys">By what it is counted.</param>
/// <param name="SourcePrefixLength">Bits of the sender's address that count.</param>
/// <param name="IsAbove">Whether it matches what exceeds the rate.</param>
/// <param name="IsBytes">Whether bytes are counted.</param>
public sealed record HashLimitMatch(
    ulong Interval, ulong TicksPerSecond, HashLimitKeys Keys, int SourcePrefixLength, bool IsAbove, bool IsBytes) : XtMatch
{
    private const uint Inverted = 0x10; // XT_HASHLIMIT_INVERT
    private const uint Bytes = 0x20; // XT_HASHLIMIT_BYTES

    /// <summary>The name of its table. Hostile text.</summary>
    public string Name { get; init; } = "";

    /// <summary>Packets at once; of bytes what the kernel makes of them.</summary>
    public ulong Burst { get; init; }

    /// <summary>Bits of the destination's address that count.</summary>
    public int DestinationPrefixLength { get; init; }

    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("hashlimit", 1, 3, Decode)];

    // A name of 16 bytes, then struct hashlimit_cfg1.
    private static HashLimitMatch? DecodeFirst(XtPayload payload) => payload.Has(46)
        ? Of(payload.UInt32(16), payload.UInt32(20), 10_000, payload.Byte(44)) with
        {
            Name = payload.Text(0, 16),
            Burst = payload.UInt32(24),
            DestinationPrefixLength = payload.Byte(45),
        }
        : null;

    // A name of 255 bytes, then struct hashlimit_cfg2 or hashlimit_cfg3, which has an interval before the masks.
    private static HashLimitMatch? Decode(XtPayload payload)
    {
        if (payload.Revision == 1)
        {
            return DecodeFirst(payload);
        }

        var mask = payload.Revision == 2 ? 292 : 296;
        return payload.Has(mask + 2)
            ? Of(payload.UInt32(272), payload.UInt64(256), 1_000_000, payload.Byte(mask)) with
            {
                Name = payload.Text(0, 255),
                Burst = payload.UInt64(264),
                DestinationPrefixLength = payload.Byte(mask + 1),
            }
            : null;
    }

    private static HashLimitMatch Of(uint mode, ulong interval, ulong ticks, int prefix) =>
        new(interval, ticks, (HashLimitKeys)(mode & 0xf), prefix, (mode & Inverted) != 0, (mode & Bytes) != 0);
}

/// <summary>By what a rate is counted (XT_HASHLIMIT_HASH_*).</summary>
[Flags]
public enum HashLimitKeys
{
    /// <summary>All together.</summary>
    None = 0,

    /// <summary>Each destination address.</summary>
    Destination = 1,

    /// <summary>Each destination port.</summary>
    DestinationPort = 2,

    /// <summary>Each source address, or its network.</summary>
    Source = 4,

    /// <summary>Each source port.</summary>
    SourcePort = 8,
}
