namespace Portolan.Scan.Probes.Payloads;

/// <summary>LDAP over UDP (RFC 1798; Microsoft's MS-ADTS section 3.1.1.3): the root entry, and of it one short attribute.</summary>
/// <param name="seed">For the message id.</param>
internal sealed class CldapPayload(PayloadSeed seed) : UdpPayload("ldap", Build(seed.Id31))
{
    private const byte SearchRequest = 0x63;
    private const byte SearchEntry = 0x64;
    private const byte SearchDone = 0x65;
    private const byte Present = 0x87;

    private readonly int _messageId = (int)seed.Id31;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        Ber.TryRead(ref reply, Ber.Sequence, out var message)
        && Ber.TryReadInteger(ref message, out var messageId) && messageId == _messageId
        && Ber.TryRead(ref message, out var operation, out _) && operation is SearchEntry or SearchDone;

    private static byte[] Build(uint messageId) => Ber.Node(
        Ber.Sequence,
        Ber.Id(messageId),
        Ber.Node(
            SearchRequest,
            [Ber.OctetString, 0],
            Ber.Small(0, Ber.Enumerated),
            Ber.Small(0, Ber.Enumerated),
            Ber.Small(1),
            Ber.Small(0),
            Ber.Small(0, Ber.Boolean),
            Ber.Node(Present, "objectClass"u8.ToArray()),
            Ber.Node(Ber.Sequence, Ber.Node(Ber.OctetString, "supportedLDAPVersion"u8.ToArray()))));
}
