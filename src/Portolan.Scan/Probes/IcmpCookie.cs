namespace Portolan.Scan.Probes;

/// <summary>How a cookie and a tag are spread over ICMP requests.</summary>
internal static class IcmpCookie
{
    /// <summary>
    /// The originate timestamp of a timestamp request, which the reply repeats: the upper bit says that it is not in standard units (RFC
    /// 792).
    /// </summary>
    public static uint Originate(ProbeCookie cookie) => (uint)cookie.Value | 0x8000_0000;

    /// <summary>The sequence number of a request: the attempt, counted from 1, and above it the number of a control probe.</summary>
    public static ushort Sequence(ProbeTag tag) => (ushort)((tag.Control << 8) | (tag.Attempt + 1));

    /// <summary>The tag of a sequence number.</summary>
    /// <returns>It can be one of ours.</returns>
    public static bool TryReadSequence(ushort sequence, out ProbeTag tag)
    {
        tag = new ProbeTag((byte)((sequence & 0xff) - 1), (byte)(sequence >> 8));
        return (sequence & 0xff) is >= 1 and <= ProbeTag.ControlAttempt + 1 && (tag.IsControl || tag.Control == 0);
    }
}
