using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>
/// Whether a name server would ask others for this client: the bit RA of its answer (RFC 1035 section 4.1.1). It is asked for
/// <c>localhost</c>, which resolvers answer themselves (RFC 6761 section 6.3), so that no packet goes elsewhere for the question.
/// </summary>
internal sealed class DnsRecursionFact()
    : ServiceFact("dns-recursion", "whether it resolves names for this client (asked for localhost)", "domain")
{
    private const int Refused = 5;

    private static readonly NameServerQuery Question =
        new("DNS localhost with recursion desired", "localhost", type: 1, kind: 1, wantsRecursion: true);

    /// <inheritdoc/>
    public override IReadOnlyList<TransportProtocol> Transports => [TransportProtocol.Tcp, TransportProtocol.Udp];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Question.Over(transport)];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var answer = await Question.AskAsync(context);
        return answer.IsEmpty || !NameServerQuery.OffersRecursion(answer.Span) || NameServerQuery.CodeOf(answer.Span) == Refused
            ? null : Fact.Of(Id, [FactField.Of("enabled", true)], "Recursion appears to be enabled");
    }
}
