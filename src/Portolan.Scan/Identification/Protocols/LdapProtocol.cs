using System.Formats.Asn1;
using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>LDAP: a search of the root DSE, which needs no login (RFC 4512 section 5.1, RFC 4511 section 4.5).</summary>
internal sealed class LdapProtocol() : ServiceProtocol("ldap", 389, 3268)
{
    /// <summary>The number of each search, which its answers repeat.</summary>
    internal const int MessageId = 7;

    private const int StartTlsId = 8;

    internal static readonly ServiceProbe RootDse = new("LDAP search of the root DSE", Search(
        static writer => writer.WriteOctetString("objectClass"u8, new Asn1Tag(TagClass.ContextSpecific, 7)),
        "objectClass", "vendorName", "vendorVersion", "namingContexts", "dnsHostName", "forestFunctionality"));

    // RFC 4511 section 4.14. The end of the search may still come before the answer.
    private static readonly TlsUpgrade StartTls = new(
        new ServiceProbe("LDAP StartTLS", Ber.Write(static writer =>
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(StartTlsId);
                using (writer.PushSequence(new Asn1Tag(TagClass.Application, 23)))
                {
                    writer.WriteOctetString("1.3.6.1.4.1.1466.20037"u8, new Asn1Tag(TagClass.ContextSpecific, 0));
                }
            }
        })),
        static reply => StartTlsResult(reply.Span) is not null,
        static reply => StartTlsResult(reply.Span) is "0");

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [636, 3269];

    /// <inheritdoc/>
    public override ServiceProbe Opening => RootDse;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override HttpReaction ToLine => HttpReaction.Waits;

    /// <inheritdoc/>
    public override bool? ClosesByReset => false;

    /// <inheritdoc/>
    public override int Rarity => 5;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [.. StartTls.Probes];

    /// <inheritdoc/>
    public override TlsUpgrade Upgrade => StartTls;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.Length == 0 || bytes[0] != 0x30)
        {
            return ReplyReading.Foreign;
        }

        var length = Ber.LengthOf(bytes);
        if (length < 0)
        {
            return ReplyReading.Foreign;
        }

        if (length == 0 || bytes.Length < length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        return Ber.TryRead(bytes[..length], ReadMessage) is { } service ? ReplyReading.Certain(service) : ReplyReading.Foreign;
    }

    /// <summary>
    /// Writes a search of the root DSE: the base object, no aliases, no size limit, 3 s, attributes with their values (RFC 4511 section
    /// 4.5.1).
    /// </summary>
    /// <param name="filter">Writes the filter.</param>
    /// <param name="attributes">The attributes that are wanted.</param>
    internal static byte[] Search(Action<AsnWriter> filter, params IEnumerable<string> attributes) => Ber.Write(writer =>
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(MessageId);
            using (writer.PushSequence(new Asn1Tag(TagClass.Application, 3)))
            {
                writer.WriteOctetString([]);
                writer.WriteEncodedValue([0x0A, 1, 0]);
                writer.WriteEncodedValue([0x0A, 1, 0]);
                writer.WriteInteger(0);
                writer.WriteInteger(3);
                writer.WriteBoolean(false);
                filter(writer);
                using (writer.PushSequence())
                {
                    foreach (var attribute in attributes)
                    {
                        writer.WriteOctetString(Encoding.ASCII.GetBytes(attribute));
                    }
                }
            }
        }
    });

    // The result code of the answer to StartTLS; empty where a message is none that can be read; null while it has not come.
    private static string? StartTlsResult(ReadOnlySpan<byte> bytes)
    {
        while (Ber.LengthOf(bytes) is > 0 and var length && length <= bytes.Length)
        {
            var result = Ber.TryRead(bytes[..length], static reader =>
            {
                var message = reader.ReadSequence();
                var id = message.ReadInteger();
                var tag = message.PeekTag();
                if (tag is not { TagClass: TagClass.Application, TagValue: 24 })
                {
                    return null;
                }

                var code = message.ReadSequence(tag).ReadEnumeratedBytes();
                return id == StartTlsId && code.Span is [0] ? "0" : "";
            });
            if (result is not null)
            {
                return result;
            }

            bytes = bytes[length..];
        }

        return null;
    }

    // LDAPMessage with the id of the question: an entry, its end, or the notice of disconnection (id 0, extended response).
    private static IdentifiedService? ReadMessage(AsnReader reader)
    {
        var message = reader.ReadSequence();
        var id = message.ReadInteger();
        var tag = message.PeekTag();
        if (tag.TagClass != TagClass.Application || (id != MessageId && !(id == 0 && tag.TagValue == 24)))
        {
            return null;
        }

        var service = new IdentifiedService("ldap");
        if (tag.TagValue is 5 or 24)
        {
            return service;
        }

        if (tag.TagValue != 4)
        {
            return null;
        }

        var entry = message.ReadSequence(tag);
        entry.ReadOctetString();
        var facts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var attributes = entry.ReadSequence();
        while (attributes.HasData)
        {
            var attribute = attributes.ReadSequence();
            var name = ReplyText.Of(attribute.ReadOctetString()) ?? "";
            var values = attribute.ReadSetOf(skipSortOrderValidation: true);
            while (values.HasData)
            {
                if (ReplyText.Of(values.ReadOctetString()) is { } value)
                {
                    facts[name] = facts.TryGetValue(name, out var before) ? $"{before} {value}" : value;
                }
            }
        }

        return Describe(service, facts);
    }

    private static IdentifiedService Describe(IdentifiedService service, Dictionary<string, string> facts)
    {
        var (vendor, version) = (facts.GetValueOrDefault("vendorName"), facts.GetValueOrDefault("vendorVersion"));
        var (product, cpe) = facts.GetValueOrDefault("objectClass") is { } kind
            && kind.Contains("OpenLDAProotDSE", StringComparison.Ordinal) ? ("OpenLDAP", "openldap:openldap")
            : vendor?.StartsWith("Samba", StringComparison.Ordinal) == true ? ("Samba", "samba:samba")
            : facts.ContainsKey("forestFunctionality") ? ("Active Directory", null)
            : (vendor, (string?)null);
        if (product == "Samba" && version?.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash)
        {
            // "4.17.12-Debian"
            version = version[..dash];
        }

        return service with
        {
            Product = product,
            Version = version,
            Info = facts.TryGetValue("namingContexts", out var contexts) ? $"base {contexts}" : null,
            HostName = facts.GetValueOrDefault("dnsHostName"),
            Cpes = cpe is null ? [] : Cpe.Of(cpe, version),
        };
    }
}
