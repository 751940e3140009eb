using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Kerberos 5: an AS-REQ for a realm that cannot exist; the refusal, KRB-ERROR, names the server's own (RFC 4120 sections 5.4.1, 5.9.1,
/// 7.2.2).
/// </summary>
internal sealed class KerberosProtocol : ServiceProtocol
{
    private const string NoRealm = "PORTOLAN.INVALID";

    private static readonly byte[] Request = Ber.Write(static writer =>
    {
        using (writer.PushSequence(new Asn1Tag(TagClass.Application, 10)))
        using (writer.PushSequence())
        {
            Tagged(writer, 1, static w => w.WriteInteger(5));
            Tagged(writer, 2, static w => w.WriteInteger(10));
            Tagged(writer, 4, static w =>
            {
                using (w.PushSequence())
                {
                    Tagged(w, 0, static x => x.WriteBitString([0, 0, 0, 0]));
                    Tagged(w, 1, static x => Principal(x, 1, "portolan"));
                    Tagged(w, 2, static x => General(x, NoRealm));
                    Tagged(w, 3, static x => Principal(x, 2, "krbtgt", NoRealm));
                    Tagged(
                        w, 5,
                        static x =>
                            x.WriteGeneralizedTime(new DateTimeOffset(2037, 9, 13, 2, 48, 5, TimeSpan.Zero), omitFractionalSeconds: true));
                    Tagged(w, 7, static x => x.WriteInteger(1));
                    Tagged(w, 8, static x =>
                    {
                        using (x.PushSequence())
                        {
                            x.WriteInteger(18);
                            x.WriteInteger(17);
                        }
                    });
                }
            });
        }
    });

    private readonly bool _isStream;
    private readonly ServiceProbe _opening;

    public KerberosProtocol(bool isStream)
        : base("kerberos", 88)
    {
        _isStream = isStream;
        _opening = new ServiceProbe(
            "Kerberos AS-REQ", isStream ? [0, 0, (byte)(Request.Length >> 8), (byte)Request.Length, .. Request] : Request);
    }

    /// <inheritdoc/>
    public override ServiceProbe Opening => _opening;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (_isStream)
        {
            if (bytes.Length < 4)
            {
                return bytes.Length > 0 && bytes[0] == 0 && reply.Asked is not null
                    ? ReplyReading.UnlessEnded(reply)
                    : ReplyReading.Foreign;
            }

            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
            if (length is < 20 or > 4096 || (bytes.Length > 4 && bytes[4] != 0x7E))
            {
                return ReplyReading.Foreign;
            }

            if (bytes.Length < 4 + length)
            {
                return ReplyReading.UnlessEnded(reply);
            }

            bytes = bytes.Slice(4, (int)length);
        }

        return bytes.Length > 0 && bytes[0] == 0x7E && Ber.TryRead(bytes, ReadError) is { } service
            ? ReplyReading.Certain(service)
            : ReplyReading.Foreign;
    }

    private static IdentifiedService? ReadError(AsnReader reader)
    {
        var error = reader.ReadSequence(new Asn1Tag(TagClass.Application, 30)).ReadSequence();
        if (Content(error, 0).ReadInteger() != 5 || Content(error, 1).ReadInteger() != 30)
        {
            return null;
        }

        string? realm = null, time = null;
        while (error.HasData)
        {
            var number = error.PeekTag().TagValue;
            var content = Content(error, number);
            if (number == 4)
            {
                time = FormattableString.Invariant($"{content.ReadGeneralizedTime():u}");
            }
            else if (number == 9)
            {
                realm = ReplyText.Of(content.ReadEncodedValue().Span[2..]);
            }
        }

        return new IdentifiedService(
            "kerberos")
        { Info = realm is null or NoRealm ? $"server time {time}" : $"realm {realm}; server time {time}" };
    }

    private static AsnReader Content(AsnReader reader, int number) => reader.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, number));

    private static void Tagged(AsnWriter writer, int number, Action<AsnWriter> content)
    {
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, number)))
        {
            content(writer);
        }
    }

    private static void Principal(AsnWriter writer, int type, params ReadOnlySpan<string> parts)
    {
        using (writer.PushSequence())
        {
            Tagged(writer, 0, w => w.WriteInteger(type));
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            using (writer.PushSequence())
            {
                foreach (var part in parts)
                {
                    General(writer, part);
                }
            }
        }
    }

    // GeneralString, which the library does not write by itself.
    private static void General(AsnWriter writer, string text) =>
        writer.WriteEncodedValue([0x1B, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)]);
}
