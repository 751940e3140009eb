namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// BACnet/IP (ASHRAE 135 annex J and clause 20.1.2): read the object identifier of the device, whatever its number. A Who-Is would be
/// answered by broadcast, which a scanner elsewhere never sees.
/// </summary>
/// <param name="seed">For the invoke id.</param>
internal sealed class BacnetPayload(PayloadSeed seed) : UdpPayload(
    "bacnet",
    [0x81, 0x0a, 0x00, 0x11, 0x01, 0x04, 0x00, 0x05, seed.Bytes(1)[0], 0x0c, 0x0c, 0x02, 0x3f, 0xff, 0xff, 0x19, 0x4b])
{
    private const int NetworkLayer = 4;
    private const int ApplicationLayer = 6;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply)
    {
        // Answers to us hold no network addresses (control octet 0), so the application layer starts right after.
        var ok = reply.Length >= ApplicationLayer + 2 && reply[0] == 0x81 && reply[1] == 0x0a
            && ((reply[2] << 8) | reply[3]) == reply.Length
            && reply[NetworkLayer] == 1 && (reply[NetworkLayer + 1] & 0xa8) == 0;

        // Simple and complex acknowledgment, error, reject and abort repeat the invoke id.
        return ok && (reply[ApplicationLayer] >> 4) is 2 or 3 or 5 or 6 or 7 && reply[ApplicationLayer + 1] == Message.Span[8];
    }
}
