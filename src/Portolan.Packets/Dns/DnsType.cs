namespace Portolan.Packets;

/// <summary>The types of DNS records (IANA dns-parameters).</summary>
public enum DnsType : ushort
{
    /// <summary>An IPv4 address (RFC 1035 section 3.4.1).</summary>
    A = 1,

    /// <summary>A name server of the zone (RFC 1035 section 3.3.11).</summary>
    Ns = 2,

    /// <summary>The true name of an alias (RFC 1035 section 3.3.1).</summary>
    Cname = 5,

    /// <summary>Start of a zone of authority (RFC 1035 section 3.3.13).</summary>
    Soa = 6,

    /// <summary>The name of an address (RFC 1035 section 3.3.12).</summary>
#pragma warning disable CA1720 // The record type is named so; no pointer is meant.
    Ptr = 12,
#pragma warning restore CA1720

    /// <summary>Where mail goes (RFC 1035 section 3.3.9).</summary>
    Mx = 15,

    /// <summary>Text (RFC 1035 section 3.3.14).</summary>
    Txt = 16,

    /// <summary>An IPv6 address (RFC 3596 section 2.1).</summary>
    Aaaa = 28,

    /// <summary>Where a service is (RFC 2782).</summary>
    Srv = 33,

    /// <summary>EDNS0: what sender and message can do (RFC 6891).</summary>
    Opt = 41,

    /// <summary>In a question: what changed in a zone (RFC 1995).</summary>
    Ixfr = 251,

    /// <summary>In a question: a whole zone (RFC 5936).</summary>
    Axfr = 252,

    /// <summary>In a question: every type (RFC 1035 section 3.2.3).</summary>
    Any = 255,
}

/// <summary>The classes of DNS records. In multicast DNS the highest bit has a meaning of its own (RFC 6762 section 18).</summary>
public enum DnsClass : ushort
{
    /// <summary>IN (RFC 1035 section 3.2.4).</summary>
    Internet = 1,

    /// <summary>Chaosnet; servers answer questions about themselves in it (RFC 4892).</summary>
    Chaos = 3,

    /// <summary>In a question: every class.</summary>
    Any = 255,
}
