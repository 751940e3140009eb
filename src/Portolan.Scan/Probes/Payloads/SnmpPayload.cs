namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// SNMP version 1 (RFC 1157) and 2c (RFC 1901, RFC 3416): what is your sysDescr? Asked with the community <c>public</c>; agents with
/// another one stay silent, which is why version 3 is asked first.
/// </summary>
internal sealed class SnmpPayload : UdpPayload
{
    private const byte GetRequest = 0xa0;
    private const byte Response = 0xa2;

    private readonly byte _version;
    private readonly int _requestId;

    private SnmpPayload(byte version, uint requestId)
        : base("snmp", Build(version, requestId))
    {
        _version = version;
        _requestId = (int)requestId;
    }

    internal static SnmpPayload Version1(PayloadSeed seed) => new(0, seed.Id31);

    internal static SnmpPayload Version2(PayloadSeed seed) => new(1, seed.Id31);

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        Ber.TryRead(ref reply, Ber.Sequence, out var message)
        && Ber.TryReadInteger(ref message, out var version) && version == _version
        && Ber.TryRead(ref message, Ber.OctetString, out _)
        && Ber.TryRead(ref message, Response, out var pdu)
        && Ber.TryReadInteger(ref pdu, out var requestId) && requestId == _requestId;

    private static byte[] Build(byte version, uint requestId)
    {
        byte[] sysDescr = [Ber.ObjectIdentifier, 8, 0x2b, 6, 1, 2, 1, 1, 1, 0];
        return Ber.Node(
            Ber.Sequence,
            Ber.Small(version),
            Ber.Node(Ber.OctetString, "public"u8.ToArray()),
            Ber.Node(
                GetRequest,
                Ber.Id(requestId),
                Ber.Small(0),
                Ber.Small(0),
                Ber.Node(Ber.Sequence, Ber.Node(Ber.Sequence, sysDescr, [Ber.Null, 0]))));
    }
}
