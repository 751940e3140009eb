namespace Portolan.Packets;

/// <summary>The limits of Fast Open cookies (RFC 7413 section 4.1.1).</summary>
public static class TcpFastOpen
{
    /// <summary>The shortest cookie in bytes.</summary>
    public const int MinCookieLength = 4;

    /// <summary>The longest cookie in bytes.</summary>
    public const int MaxCookieLength = 16;
}
