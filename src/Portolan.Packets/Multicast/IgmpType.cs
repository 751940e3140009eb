namespace Portolan.Packets;

/// <summary>The types of IGMP messages (IANA igmp-type-numbers). Others are ignored by receivers (RFC 9776 section 4).</summary>
public enum IgmpType : byte
{
    /// <summary>A router asks who listens (RFC 9776 section 4.1); its length reports the version.</summary>
    Query = 0x11,

    /// <summary>A listener of version 1 (RFC 1112).</summary>
    ReportV1 = 0x12,

    /// <summary>A listener of version 2 (RFC 2236).</summary>
    ReportV2 = 0x16,

    /// <summary>A listener of version 2 leaves (RFC 2236).</summary>
    Leave = 0x17,

    /// <summary>A listener of version 3 (RFC 9776 section 4.2).</summary>
    ReportV3 = 0x22,
}

/// <summary>What a group record of an IGMPv3 or MLDv2 report says (RFC 9776 section 4.2.13, RFC 9777 section 5.2.12).</summary>
public enum MulticastRecordType : byte
{
    /// <summary>The filter is INCLUDE, with these sources.</summary>
    ModeIsInclude = 1,

    /// <summary>The filter is EXCLUDE, with these sources.</summary>
    ModeIsExclude = 2,

    /// <summary>The filter became INCLUDE; without sources: the group was left.</summary>
    ChangeToInclude = 3,

    /// <summary>The filter became EXCLUDE; without sources: the group was joined.</summary>
    ChangeToExclude = 4,

    /// <summary>These sources were added.</summary>
    AllowNewSources = 5,

    /// <summary>These sources are wanted no more.</summary>
    BlockOldSources = 6,
}
