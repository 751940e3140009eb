using System.Formats.Asn1;
using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Stores;

/// <summary>What a directory says of itself to anybody: all attributes of its root DSE (RFC 4512 section 5.1).</summary>
internal sealed class LdapRootDseFact() : ServiceFact("ldap-rootdse", "all attributes of the root DSE, without a login", "ldap")
{
    private const int MessageId = 9;
    private const int MostValues = 64;

    private static readonly ServiceProbe Search = new("LDAP search of all attributes of the root DSE", Ber.Write(static writer =>
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
                writer.WriteInteger(5);
                writer.WriteBoolean(false);
                writer.WriteOctetString("objectClass"u8, new Asn1Tag(TagClass.ContextSpecific, 7));
                using (writer.PushSequence())
                {
                    writer.WriteOctetString("*"u8);
                    writer.WriteOctetString("+"u8);
                }
            }
        }
    }));

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Search];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var answer = await context.AskOnceAsync(Search, static reply => Ber.LengthOf(reply.Span) is > 0 and var length
            && reply.Length >= length);
        return Ber.LengthOf(answer.Span) is > 0 and var length && answer.Length >= length
            && Ber.TryRead(answer.Span[..length], Attributes) is { Count: > 0 } fields
            ? Fact.Of(Id, fields, Lines(fields)) : null;
    }

    private static List<FactField>? Attributes(AsnReader reader)
    {
        var message = reader.ReadSequence();
        if (message.ReadInteger() != MessageId || message.PeekTag() is not { TagClass: TagClass.Application, TagValue: 4 } tag)
        {
            return null;
        }

        var entry = message.ReadSequence(tag);
        entry.ReadOctetString();
        var attributes = entry.ReadSequence();
        var fields = new List<FactField>();
        while (attributes.HasData)
        {
            var attribute = attributes.ReadSequence();
            var name = ReplyText.Of(attribute.ReadOctetString()) ?? "";
            var values = attribute.ReadSetOf(skipSortOrderValidation: true);
            var texts = new List<string>();
            while (values.HasData && texts.Count < MostValues)
            {
                if (ReplyText.Of(values.ReadOctetString()) is { } value)
                {
                    texts.Add(value);
                }
            }

            // Some are there and empty.
            if (texts.Count == 0)
            {
                continue;
            }

            fields.Add(texts.Count == 1 ? FactField.Of(name, texts[0]) : FactField.List(name, texts));
        }

        return fields;
    }

    // As an LDIF has them: a line for each value.
    private static string Lines(List<FactField> fields) => "\n  <ROOT>" + string.Concat(fields.Select(static field =>
        field.Kind == FactKind.Table ? string.Concat(field.Items.Select(item => $"\n      {field.Key}: {item.Text}"))
            : $"\n      {field.Key}: {field.Text}"));
}
