using System.Formats.Asn1;
using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>LDAP: a search of the root DSE, which needs no login (RFC 4512 section 5.1, RFC 4511 section 4.5).</summary>
internal sealed class LdapProtocol() : ServiceProtocol("ldap", 389, 3268)
{
    private const int MessageId = 7;

    internal static readonly ServiceProbe RootDse = new("LDAP search of the root DSE", Ber.Write(static writer =>
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
                writer.WriteOctetString("objectClass"u8, new Asn1Tag(TagClass.ContextSpecific, 7));
                using (writer.PushSequence())
                {
                    foreach (var attribute in (ReadOnlySpan<string>)["objectClass", "vendorName", "vendorVersion", "namingContexts", "dnsHostName", "forestFunctionality"])
                    {
                        writer.WriteOctetString(Encoding.ASCII.GetBytes(attribute));
                    }
                }
            }
        }
    }));

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [636, 3269];

    /// <inheritdoc/>
    public override ServiceProbe Opening => RootDse;

    /// <inheritdoc/>
    public override int Rarity => 5;

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
        var (product, cpe) = facts.GetValueOrDefault("objectClass") is { } kind && kind.Contains("OpenLDAProotDSE", StringComparison.Ordinal) ? ("OpenLDAP", "openldap:openldap")
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
            Cpes = cpe is null ? [] : Cpe.Application(cpe, version),
        };
    }
}
