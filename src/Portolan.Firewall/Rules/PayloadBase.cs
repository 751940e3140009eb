namespace Portolan.Firewall.Rules;

/// <summary>Where an offset counts from (NFT_PAYLOAD_*_HEADER).</summary>
public enum PayloadBase : uint
{
    /// <summary>The frame.</summary>
    LinkLayer = 0,

    /// <summary>The IP header.</summary>
    Network = 1,

    /// <summary>The header of TCP, UDP and so on.</summary>
    Transport = 2,

    /// <summary>What that header carries.</summary>
    Inner = 3,

    /// <summary>The tunnel's header.</summary>
    Tunnel = 4,
}
