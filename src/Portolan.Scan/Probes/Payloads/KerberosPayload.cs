namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// Kerberos 5 (RFC 4120 section 5.4.1): a request for a ticket in an unknown realm. The error is the answer; no account is tried.
/// </summary>
/// <param name="seed">For the nonce.</param>
internal sealed class KerberosPayload(PayloadSeed seed) : UdpPayload("kerberos", Build(seed.Id31))
{
    private const byte AsRequest = 0x6a;
    private const byte AsReply = 0x6b;
    private const byte Error = 0x7e;
    private const byte GeneralString = 0x1b;
    private const byte GeneralizedTime = 0x18;
    private const byte Field = 0xa0;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        Ber.TryRead(ref reply, out var kind, out var message) && kind is Error or AsReply
        && Ber.TryRead(ref message, Ber.Sequence, out var fields)
        && Ber.TryRead(ref fields, Field, out var version) && Ber.TryReadInteger(ref version, out var number) && number == 5;

    private static byte[] Build(uint nonce)
    {
        var realm = Ber.Node(GeneralString, "PORTOLAN.INVALID"u8.ToArray());
        var body = Ber.Node(
            Ber.Sequence,
            Ber.Node(Field, [0x03, 5, 0, 0, 0, 0, 0]),
            Ber.Node(Field + 1, Name(1, Ber.Node(GeneralString, "portolan"u8.ToArray()))),
            Ber.Node(Field + 2, realm),
            Ber.Node(Field + 3, Name(2, Ber.Node(GeneralString, "krbtgt"u8.ToArray()), realm)),
            Ber.Node(Field + 5, Ber.Node(GeneralizedTime, "19700101000000Z"u8.ToArray())),
            Ber.Node(Field + 7, Ber.Id(nonce)),
            Ber.Node(Field + 8, Ber.Node(Ber.Sequence, Ber.Small(18), Ber.Small(17))));
        return Ber.Node(
            AsRequest,
            Ber.Node(Ber.Sequence, Ber.Node(Field + 1, Ber.Small(5)), Ber.Node(Field + 2, Ber.Small(10)), Ber.Node(Field + 4, body)));
    }

    private static byte[] Name(byte type, params ReadOnlySpan<byte[]> parts) =>
        Ber.Node(Ber.Sequence, Ber.Node(Field, Ber.Small(type)), Ber.Node(Field + 1, Ber.Node(Ber.Sequence, parts)));
}
