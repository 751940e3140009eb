namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// NTP version 4 (RFC 5905 section 7.3): a client asks for the time. All fields but version, mode and transmit time are zero.
/// </summary>
/// <param name="seed">For the transmit time, which the server repeats as origin time.</param>
internal sealed class NtpPayload(PayloadSeed seed) : UdpPayload("ntp", [0x23, .. new byte[TransmitTime - 1], .. seed.Bytes(8)])
{
    private const int OriginTime = 24;
    private const int TransmitTime = 40;
    private const int Length = 48;
    private const int ServerMode = 4;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.Length >= Length && (reply[0] & 7) == ServerMode && reply.Slice(OriginTime, 8).SequenceEqual(Message.Span[TransmitTime..]);
}
