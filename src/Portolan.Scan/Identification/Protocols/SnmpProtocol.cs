using System.Formats.Asn1;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// SNMP version 3: the discovery of the engine, which needs neither name nor password (RFC 3414 section 4). Its identifier names the maker.
/// </summary>
internal sealed class SnmpProtocol() : ServiceProtocol("snmp", 161)
{
    private const int MessageId = 0x506F72;

    private static readonly ServiceProbe Discovery = new("SNMPv3 engine discovery", Ber.Write(static writer =>
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(3);
            using (writer.PushSequence())
            {
                writer.WriteInteger(MessageId);
                writer.WriteInteger(65507);
                writer.WriteOctetString([4]);
                writer.WriteInteger(3);
            }

            writer.WriteOctetString(Ber.Write(static security =>
            {
                using (security.PushSequence())
                {
                    security.WriteOctetString([]);
                    security.WriteInteger(0);
                    security.WriteInteger(0);
                    security.WriteOctetString([]);
                    security.WriteOctetString([]);
                    security.WriteOctetString([]);
                }
            }));
            using (writer.PushSequence())
            {
                writer.WriteOctetString([]);
                writer.WriteOctetString([]);
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                {
                    writer.WriteInteger(MessageId);
                    writer.WriteInteger(0);
                    writer.WriteInteger(0);
                    using (writer.PushSequence())
                    {
                    }
                }
            }
        }
    }));

    // Enterprise numbers of IANA's registry.
    private static readonly Dictionary<uint, (string Product, string? Cpe)> Makers = new()
    {
        [8072] = ("net-snmp", "net-snmp:net-snmp"),
        [9] = ("Cisco SNMP", null),
        [2636] = ("Juniper SNMP", null),
        [11] = ("HP SNMP", null),
        [311] = ("Microsoft SNMP", null),
        [14988] = ("MikroTik SNMP", null),
        [6876] = ("VMware SNMP", null),
        [674] = ("Dell SNMP", null),
        [318] = ("APC SNMP", null),
        [2435] = ("Brother SNMP", null),
        [12356] = ("Fortinet SNMP", null),
        [30065] = ("Arista SNMP", null),
        [2011] = ("Huawei SNMP", null),
        [41112] = ("Ubiquiti SNMP", null),
        [6574] = ("Synology SNMP", null),
        [24681] = ("QNAP SNMP", null),
    };

    /// <inheritdoc/>
    public override ServiceProbe Opening => Discovery;

    /// <inheritdoc/>
    public override int Rarity => 3;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) =>
        reply.Bytes.Length > 20 && reply.Bytes[0] == 0x30 && Ber.TryRead(reply.Bytes, ReadReport) is { } service
            ? ReplyReading.Certain(service)
            : ReplyReading.Foreign;

    private static IdentifiedService? ReadReport(AsnReader reader)
    {
        var message = reader.ReadSequence();
        if (message.ReadInteger() != 3 || message.ReadSequence().ReadInteger() != MessageId)
        {
            return null;
        }

        var security = new AsnReader(message.ReadOctetString(), AsnEncodingRules.BER).ReadSequence();
        var engine = security.ReadOctetString();
        security.ReadInteger();
        var up = security.ReadInteger();

        // A report; our own request that comes back is none (RFC 3412 section 6).
        var scoped = message.ReadSequence();
        scoped.ReadOctetString();
        scoped.ReadOctetString();
        if (scoped.PeekTag() is not { TagClass: TagClass.ContextSpecific, TagValue: 2 or 8 })
        {
            return null;
        }

        var service = new IdentifiedService(
            "snmp")
        {
            Info = FormattableString.Invariant(
                $"SNMPv3; up {TimeSpan.FromSeconds((int)System.Numerics.BigInteger.Clamp(up, 0, int.MaxValue)):d\\d\\ hh\\:mm\\:ss}")
        };

        // RFC 3411 section 5: the enterprise in the first four bytes, their first bit set.
        if (engine.Length < 5)
        {
            return service;
        }

        var enterprise = (uint)(((engine[0] & 0x7F) << 24) | (engine[1] << 16) | (engine[2] << 8) | engine[3]);
        return Makers.TryGetValue(enterprise, out var maker)
            ? service with { Product = maker.Product, Cpes = maker.Cpe is null ? [] : Cpe.Of(maker.Cpe, null) }
            : service with { Info = FormattableString.Invariant($"{service.Info}; enterprise {enterprise}") };
    }
}
