namespace Portolan.Transport.Ip;

/// <summary>The two ECN bits of an IP header (RFC 3168 section 5).</summary>
internal enum EcnCodepoint : byte
{
    /// <summary>Not ECN-capable.</summary>
    NotCapable = 0,

    /// <summary>ECT(1).</summary>
    Capable1 = 1,

    /// <summary>ECT(0).</summary>
    Capable0 = 2,

    /// <summary>Congestion experienced.</summary>
    CongestionExperienced = 3,
}
