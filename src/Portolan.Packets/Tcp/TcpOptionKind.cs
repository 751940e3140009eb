namespace Portolan.Packets;

/// <summary>The kinds of TCP options (IANA tcp-parameters).</summary>
public enum TcpOptionKind : byte
{
    /// <summary>The last option: only padding follows (RFC 9293 section 3.2).</summary>
    EndOfList = 0,

    /// <summary>Padding between options.</summary>
    NoOperation = 1,

    /// <summary>The largest segment the sender takes (RFC 9293 section 3.7.1).</summary>
    MaximumSegmentSize = 2,

    /// <summary>The shift of the window field (RFC 7323 section 2).</summary>
    WindowScale = 3,

    /// <summary>Selective acknowledgments are understood (RFC 2018 section 2).</summary>
    SackPermitted = 4,

    /// <summary>Selective acknowledgments (RFC 2018 section 3).</summary>
    Sack = 5,

    /// <summary>Timestamps (RFC 7323 section 3).</summary>
    Timestamps = 8,

    /// <summary>An MD5 signature (RFC 2385).</summary>
    Md5Signature = 19,

    /// <summary>How long data may stay unacknowledged (RFC 5482).</summary>
    UserTimeout = 28,

    /// <summary>TCP-AO (RFC 5925).</summary>
    Authentication = 29,

    /// <summary>A Fast Open cookie, or the request for one (RFC 7413).</summary>
    FastOpen = 34,

    /// <summary>AccECN's byte counters, ECT(0) first (RFC 9768 section 3.2.3).</summary>
    AccurateEcn0 = 172,

    /// <summary>AccECN's byte counters, ECT(1) first (RFC 9768 section 3.2.3).</summary>
    AccurateEcn1 = 174,
}

/// <summary>What an option of a kind must look like.</summary>
internal static class TcpOptionKinds
{
    /// <summary>
    /// Whether so many bytes of data, without kind and length, are what the kind asks for. Kinds that are not known have any length.
    /// </summary>
    internal static bool Allows(this TcpOptionKind kind, int dataLength) => kind switch
    {
        TcpOptionKind.MaximumSegmentSize or TcpOptionKind.UserTimeout => dataLength == 2,
        TcpOptionKind.WindowScale => dataLength == 1,
        TcpOptionKind.SackPermitted => dataLength == 0,
        TcpOptionKind.Sack => dataLength is > 0 and <= 32 && dataLength % TcpSackBlocks.BlockLength == 0,
        TcpOptionKind.Timestamps => dataLength == 8,
        TcpOptionKind.Md5Signature => dataLength == 16,
        TcpOptionKind.Authentication => dataLength >= 2,

        // RFC 7413 section 4.1.1: nothing asks for a cookie; a cookie has 4 to 16 bytes, an even number.
        TcpOptionKind.FastOpen =>
            dataLength == 0 || (dataLength is >= TcpFastOpen.MinCookieLength and <= TcpFastOpen.MaxCookieLength && dataLength % 2 == 0),

        // RFC 9768 section 3.2.3: counters are left away from the end; none at all is allowed.
        TcpOptionKind.AccurateEcn0 or TcpOptionKind.AccurateEcn1 => dataLength is 0 or 3 or 6 or 9,
        _ => true,
    };
}

/// <summary>The limits of Fast Open cookies (RFC 7413 section 4.1.1).</summary>
public static class TcpFastOpen
{
    /// <summary>The shortest cookie in bytes.</summary>
    public const int MinCookieLength = 4;

    /// <summary>The longest cookie in bytes.</summary>
    public const int MaxCookieLength = 16;
}
