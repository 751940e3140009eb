using System.Formats.Asn1;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// LDAP by datagram: a search of the root DSE, and of a domain controller the NetLogon ping ([MS-ADTS] section 6.3.3), which tells its
/// domain and its name. Neither needs a login.
/// </summary>
internal sealed class CldapProtocol() : ServiceProtocol("ldap", 389)
{
    private const ushort SamLogonResponse = 23;
    private const int NamesAt = 24;

    private static readonly LdapProtocol Inside = new();

    // (&(NtVer=6)): the extended answer of version 5.
    private static readonly ServiceProbe Ping = new("NetLogon ping", LdapProtocol.Search(
        static writer =>
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3)))
            {
                writer.WriteOctetString("NtVer"u8);
                writer.WriteOctetString([6, 0, 0, 0]);
            }
        },
        "Netlogon"));

    /// <inheritdoc/>
    public override ServiceProbe Opening => LdapProtocol.RootDse;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Ping];

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) => Inside.Read(reply);

    /// <inheritdoc/>
    public override async Task<IdentifiedService> AskByDatagramAsync(
        DatagramExchange exchange, IdentifiedService known, ReadOnlyMemory<byte> reply)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        ArgumentNullException.ThrowIfNull(known);
        var answer = await exchange.AskAsync(Ping);
        return Ber.TryRead(answer.Span, NetLogon) is { } data && Names(data) is var (domain, host, site)
            ? known with { HostName = host.Length > 0 ? host : null, Info = $"domain {domain}; site {site}" }
            : known;
    }

    private static byte[]? NetLogon(AsnReader reader)
    {
        var message = reader.ReadSequence();
        if (message.ReadInteger() != LdapProtocol.MessageId || message.PeekTag() is not { TagClass: TagClass.Application, TagValue: 4 } tag)
        {
            return null;
        }

        var entry = message.ReadSequence(tag);
        entry.ReadOctetString();
        var attributes = entry.ReadSequence();
        if (!attributes.HasData)
        {
            return null;
        }

        var attribute = attributes.ReadSequence();
        attribute.ReadOctetString();
        return attribute.ReadSetOf(skipSortOrderValidation: true).ReadOctetString();
    }

    // Section 6.3.1.9: opcode, flags, identifier, then names as in DNS: forest, domain, host, NetBIOS domain and computer, user, site.
    private static (string Domain, string Host, string Site)? Names(ReadOnlySpan<byte> data)
    {
        if (data.Length < NamesAt || data[0] != SamLogonResponse || data[1] != 0)
        {
            return null;
        }

        var at = NamesAt;
        var names = new string[7];
        for (var i = 0; i < names.Length; i++)
        {
            if (!DnsNames.TryRead(data, ref at, out names[i]))
            {
                return null;
            }
        }

        return (names[1], names[2], names[6]);
    }
}
