using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>Which name server it is of those behind one address (NSID, RFC 5001; <c>id.server</c>, RFC 4892), and its version.</summary>
internal sealed class DnsNsidFact() : ServiceFact("dns-nsid", "NSID, id.server and version.bind", "domain")
{
    private static readonly NameServerQuery Server = new("DNS id.server with NSID", "id.server", type: 16, kind: 3, wantsRecursion: false);
    private static readonly NameServerQuery Version =
        new("DNS version.bind with NSID", "version.bind", type: 16, kind: 3, wantsRecursion: false);

    /// <inheritdoc/>
    public override IReadOnlyList<TransportProtocol> Transports => [TransportProtocol.Tcp, TransportProtocol.Udp];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) =>
        [Server.Over(transport), Version.Over(transport)];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var fields = new List<FactField>();
        var server = await Server.AskAsync(context);
        if (server.IsEmpty)
        {
            return null;
        }

        var (name, identifier) = NameServerQuery.Read(server.Span);
        if (identifier is { Length: > 0 })
        {
            fields.Add(FactField.Of("NSID", $"{ReplyText.Of(identifier)} ({Convert.ToHexStringLower(identifier)})"));
        }

        if (name is not null)
        {
            fields.Add(FactField.Of("id.server", name));
        }

        var version = await Version.AskAsync(context);
        if (!version.IsEmpty && NameServerQuery.Read(version.Span).Text is { } said)
        {
            fields.Add(FactField.Of("bind.version", said));
        }

        return fields.Count == 0 ? null : Fact.Of(Id, fields);
    }
}
