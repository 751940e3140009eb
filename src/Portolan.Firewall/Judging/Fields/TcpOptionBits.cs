namespace Portolan.Firewall.Judging.Fields;

/// <summary>The bits of <see cref="PacketField.TcpOptions"/>: which options a segment has.</summary>
internal static class TcpOptionBits
{
    /// <summary>Kind 2 (RFC 9293).</summary>
    public const uint SegmentSize = 1;

    /// <summary>Kind 3 (RFC 7323).</summary>
    public const uint WindowScale = 2;

    /// <summary>Kind 4 (RFC 2018).</summary>
    public const uint SackPermitted = 4;

    /// <summary>Kind 8 (RFC 7323).</summary>
    public const uint Timestamps = 8;

    // By bit: MSS, window scale, SACK permitted, timestamps (RFC 9293, 7323, 2018), SACK, Fast Open, MD5, multipath TCP.
    private static ReadOnlySpan<byte> Kinds => [2, 3, 4, 8, 5, 34, 19, 30];

    /// <summary>The bit of an option; -1 for one that has none.</summary>
    public static int BitOf(int kind) => kind is >= 0 and <= byte.MaxValue ? Kinds.IndexOf((byte)kind) : -1;

    /// <summary>The bits of the options in a header.</summary>
    public static uint Of(ReadOnlySpan<byte> options)
    {
        var bits = 0u;
        for (var at = 0; at < options.Length && options[at] != 0;)
        {
            if (BitOf(options[at]) is >= 0 and var bit)
            {
                bits |= 1u << bit;
            }

            at += options[at] == 1 || at + 1 >= options.Length ? 1 : Math.Max((int)options[at + 1], 2);
        }

        return bits;
    }
}
