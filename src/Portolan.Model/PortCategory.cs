namespace Portolan.Model;

/// <summary>IANA's three port categories (RFC 6335 section 6). This host's ephemeral range is a different fact.</summary>
public enum PortCategory
{
    /// <summary>0–1023, commonly "well-known".</summary>
    System,

    /// <summary>1024–49151, commonly "registered".</summary>
    User,

    /// <summary>49152–65535, commonly "private" or "ephemeral"; never assigned.</summary>
    Dynamic,
}
