namespace Portolan.Firewall.Xt.Matches;

/// <summary>How many connections there are of a network (linux/netfilter/xt_connlimit.h).</summary>
/// <param name="Limit">The number.</param>
/// <param name="PrefixLength">Bits of the address that are counted together; 0 for all.</param>
/// <param name="IsUpTo">Whether it matches up to the number, else above.</param>
/// <param name="ByDestination">Whether destinations are counted, else senders.</param>
public sealed record ConnectionCountMatch(uint Limit, int PrefixLength, bool IsUpTo, bool ByDestination) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("connlimit", 0, 1, Decode)];

    private static ConnectionCountMatch? Decode(XtPayload payload)
    {
        const int Size = 24;
        const uint Inverted = 1; // XT_CONNLIMIT_INVERT
        const uint Destination = 2; // XT_CONNLIMIT_DADDR
        if (!payload.Has(Size))
        {
            return null;
        }

        var bits = 0;
        var length = payload.Family == Rules.RuleFamily.Ip6 ? 16 : 4;
        for (var i = 0; i < length; i++)
        {
            bits += System.Numerics.BitOperations.PopCount(payload.Byte(i));
        }

        var flags = payload.UInt32(20);
        return new ConnectionCountMatch(payload.UInt32(16), bits, (flags & Inverted) != 0, (flags & Destination) != 0);
    }
}
