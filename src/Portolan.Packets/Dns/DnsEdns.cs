namespace Portolan.Packets;

/// <summary>What the sender of a DNS message can do (EDNS0, RFC 6891 section 6.1).</summary>
/// <param name="UdpPayloadSize">The largest datagram it takes, in bytes; below 512 means 512.</param>
/// <param name="Version">The version of EDNS; 0.</param>
/// <param name="ExtendedResponseCode">The upper eight bits of the response code.</param>
/// <param name="DnssecOk">DO: it wants signatures (RFC 3225).</param>
public readonly record struct DnsEdns(ushort UdpPayloadSize, byte Version, byte ExtendedResponseCode, bool DnssecOk)
{
    /// <summary>A size that crosses nearly every path whole (RFC 9715 section 3.1).</summary>
    public const ushort SafePayloadSize = 1232;

    internal uint Bits => ((uint)ExtendedResponseCode << 24) | ((uint)Version << 16) | (DnssecOk ? 0x8000u : 0);

    // The class is the size; the time to live, whose highest bit counts here, holds the rest.
    internal static DnsEdns Of(in DnsRecord record)
    {
        var bits = record.TimeToLiveBits;
        return new((ushort)record.Class, (byte)(bits >> 16), (byte)(bits >> 24), (bits & 0x8000) != 0);
    }
}
