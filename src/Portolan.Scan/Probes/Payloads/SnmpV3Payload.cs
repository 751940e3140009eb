namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// SNMP version 3 (RFC 3412, RFC 3414 section 4): engine discovery. Every agent of version 3 answers it with a report that names its
/// engine, without any secret.
/// </summary>
/// <param name="seed">For the message id.</param>
internal sealed class SnmpV3Payload(PayloadSeed seed) : UdpPayload("snmp", Build(seed.Id31))
{
    private const byte GetRequest = 0xa0;
    private const byte Response = 0xa2;
    private const byte Report = 0xa8;
    private const byte Reportable = 4;
    private const byte UserSecurityModel = 3;

    private readonly int _messageId = (int)seed.Id31;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        Ber.TryRead(ref reply, Ber.Sequence, out var message)
        && Ber.TryReadInteger(ref message, out var version) && version == 3
        && Ber.TryRead(ref message, Ber.Sequence, out var header)
        && Ber.TryReadInteger(ref header, out var messageId) && messageId == _messageId
        && Ber.TryRead(ref message, Ber.OctetString, out _)
        && Ber.TryRead(ref message, Ber.Sequence, out var scoped)
        && Ber.TryRead(ref scoped, Ber.OctetString, out _)
        && Ber.TryRead(ref scoped, Ber.OctetString, out _)
        && Ber.TryRead(ref scoped, out var operation, out _) && operation is Report or Response;

    private static byte[] Build(uint messageId)
    {
        byte[] empty = [Ber.OctetString, 0];
        return Ber.Node(
            Ber.Sequence,
            Ber.Small(3),
            Ber.Node(
                Ber.Sequence,
                Ber.Id(messageId),
                [Ber.Integer, 3, 0, 0xff, 0xe3],
                Ber.Small(Reportable, Ber.OctetString),
                Ber.Small(UserSecurityModel)),
            Ber.Node(Ber.OctetString, Ber.Node(Ber.Sequence, empty, Ber.Small(0), Ber.Small(0), empty, empty, empty)),
            Ber.Node(
                Ber.Sequence, empty, empty, Ber.Node(GetRequest, Ber.Id(messageId), Ber.Small(0), Ber.Small(0), Ber.Node(Ber.Sequence))));
    }
}
