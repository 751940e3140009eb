using System.Formats.Asn1;
using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>
/// What a device says of itself to the community <c>public</c>: sysDescr, and how long it is up (RFC 1157, RFC 3418 section 2). Only reads.
/// </summary>
internal sealed class SnmpSysDescrFact()
    : ServiceFact("snmp-sysdescr", "sysDescr, sysName and uptime of an agent that answers the community public", "snmp")
{
    /// <summary>Where agents listen.</summary>
    public const ushort Port = 161;

    private const int RequestId = 0x506F72;

    private const string VersionsKey = "versions";

    // Agents that have communities speak version 1, version 2c, or both (RFC 1157 section 4, RFC 1901 section 3).
    private static readonly (int Number, string Name, ServiceProbe Get)[] Versions =
    [
        (0, "SNMPv1", new("SNMPv1 GET of sysDescr, sysUpTime and sysName", Request(0))),
        (1, "SNMPv2c", new("SNMPv2c GET of sysDescr, sysUpTime and sysName", Request(1))),
    ];

    /// <inheritdoc/>
    public override string Credentials => "community public";

    /// <inheritdoc/>
    public override IReadOnlyList<TransportProtocol> Transports => [TransportProtocol.Udp];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) =>
        [.. Versions.Select(static version => version.Get)];

    /// <summary>The versions that answered, as a fact of this name has them: <c>SNMPv1, SNMPv2c</c>; <c>null</c> for none.</summary>
    public static string? VersionsIn(IEnumerable<Fact> facts) =>
        facts.SelectMany(static fact => fact.Fields ?? []).FirstOrDefault(static field => field.Key == VersionsKey) is { } field
            ? string.Join(", ", field.Items.Select(static item => item.Text))
            : null;

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var answered = new List<string>();
        (string Description, string? Name, long? Ticks)? told = null;
        foreach (var (number, name, get) in Versions)
        {
            var answer = await context.AskByDatagramAsync(get);
            if (!answer.IsEmpty && Ber.TryRead(answer.Span, reader => Read(reader, number)) is { } values)
            {
                answered.Add(name);
                told ??= values.Told;
            }
        }

        return told is { } known ? Describe(known.Description, known.Name, known.Ticks, answered) : null;
    }

    private static Values? Read(AsnReader reader, int version)
    {
        var message = reader.ReadSequence();
        if (message.ReadInteger() != version)
        {
            return null;
        }

        message.ReadOctetString();
        if (message.PeekTag() is not { TagClass: TagClass.ContextSpecific, TagValue: 2 } tag)
        {
            return null;
        }

        var response = message.ReadSequence(tag);
        if (response.ReadInteger() != RequestId || response.ReadInteger() != 0)
        {
            return null;
        }

        response.ReadInteger();
        var values = response.ReadSequence();
        string? description = null, name = null;
        long? ticks = null;
        while (values.HasData)
        {
            var value = values.ReadSequence();
            var identifier = value.ReadObjectIdentifier();
            switch (identifier)
            {
                case "1.3.6.1.2.1.1.1.0":
                    description = ReplyText.Of(value.ReadOctetString(), 512);
                    break;
                case "1.3.6.1.2.1.1.3.0":
                    ticks = (long)System.Numerics.BigInteger.Clamp(value.ReadInteger(new Asn1Tag(TagClass.Application, 3)), 0,
                        uint.MaxValue);
                    break;
                case "1.3.6.1.2.1.1.5.0":
                    name = ReplyText.Of(value.ReadOctetString());
                    break;
            }
        }

        return description is null ? null : new Values((description, name, ticks));
    }

    private Fact Describe(string description, string? name, long? ticks, List<string> versions)
    {
        var text = description;
        List<FactField> fields = [FactField.Of("sysDescr", description)];
        if (ticks is { } hundredths)
        {
            var up = TimeSpan.FromMilliseconds(10 * hundredths);
            var days = up.Days > 0 ? FormattableString.Invariant($"{up.Days}d") : "";
            text += FormattableString.Invariant(
                $"\n  System uptime: {days}{up.Hours}h{up.Minutes:00}m{up.Seconds:00}.{up.Milliseconds / 10:00}s ({hundredths} timeticks)");
            fields.Add(FactField.Of("sysUpTime", hundredths));
        }

        if (name is not null)
        {
            text += $"\n  System name: {name}";
            fields.Add(FactField.Of("sysName", name));
        }

        text += $"\n  Versions: {string.Join(", ", versions)}";
        fields.Add(FactField.List(VersionsKey, versions));
        return Fact.Of(Id, fields, text);
    }

    private static byte[] Request(int version) => Ber.Write(writer =>
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(version);
            writer.WriteOctetString("public"u8);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            {
                writer.WriteInteger(RequestId);
                writer.WriteInteger(0);
                writer.WriteInteger(0);
                using (writer.PushSequence())
                {
                    foreach (var name in (ReadOnlySpan<string>)["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.5.0"])
                    {
                        using (writer.PushSequence())
                        {
                            writer.WriteObjectIdentifier(name);
                            writer.WriteNull();
                        }
                    }
                }
            }
        }
    });

    private sealed record Values((string Description, string? Name, long? Ticks) Told);
}
