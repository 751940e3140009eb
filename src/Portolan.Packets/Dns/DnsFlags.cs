namespace Portolan.Packets;

/// <summary>The flags of a DNS header, at their places in its second word (RFC 1035 section 4.1.1, RFC 4035 section 3.2).</summary>
[Flags]
public enum DnsFlags : ushort
{
    /// <summary>A plain question.</summary>
    None = 0,

    /// <summary>CD: do not check signatures.</summary>
    CheckingDisabled = 0x0010,

    /// <summary>AD: signatures were checked.</summary>
    AuthenticData = 0x0020,

    /// <summary>RA: the server asks others.</summary>
    RecursionAvailable = 0x0080,

    /// <summary>RD: ask others.</summary>
    RecursionDesired = 0x0100,

    /// <summary>TC: cut short; ask again over TCP.</summary>
    Truncated = 0x0200,

    /// <summary>AA: from the zone's own server.</summary>
    Authoritative = 0x0400,

    /// <summary>QR: an answer.</summary>
    Response = 0x8000,
}

/// <summary>The kind of a DNS question (IANA dns-parameters).</summary>
public enum DnsOperation : byte
{
    /// <summary>A standard query.</summary>
    Query = 0,

    /// <summary>Server status (RFC 1035); few implement it.</summary>
    Status = 2,

    /// <summary>A zone changed (RFC 1996).</summary>
    Notify = 4,

    /// <summary>Change a zone (RFC 2136).</summary>
    Update = 5,
}

/// <summary>How a DNS question went (IANA dns-parameters), the upper bits of EDNS0 included.</summary>
public enum DnsResponseCode : ushort
{
    /// <summary>NOERROR.</summary>
    NoError = 0,

    /// <summary>FORMERR: the server did not understand the message.</summary>
    FormatError = 1,

    /// <summary>SERVFAIL.</summary>
    ServerFailure = 2,

    /// <summary>NXDOMAIN: there is no such name.</summary>
    NameError = 3,

    /// <summary>NOTIMP: the server does not do that.</summary>
    NotImplemented = 4,

    /// <summary>REFUSED: the server will not.</summary>
    Refused = 5,

    /// <summary>BADVERS: another version of EDNS (RFC 6891 section 9).</summary>
    BadVersion = 16,
}
