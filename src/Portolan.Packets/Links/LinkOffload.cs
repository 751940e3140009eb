namespace Portolan.Packets.Links;

/// <summary>What a link does in the stack's place.</summary>
[Flags]
public enum LinkOffload : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It completes the checksums of TCP and UDP that it sends.</summary>
    SendChecksum = 1,

    /// <summary>It vouches for the transport checksums of all that it hands over.</summary>
    ReceiveChecksum = 2,

    /// <summary>It cuts TCP super-segments of IPv4 into packets.</summary>
    Segmentation4 = 4,

    /// <summary>It cuts TCP super-segments of IPv6 into packets.</summary>
    Segmentation6 = 8,
}
