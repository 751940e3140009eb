using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Tls;

/// <summary>A fact of whatever speaks TLS: from the first byte, or after the protocol's own request for it (STARTTLS).</summary>
internal abstract class TlsFact(string id, string asks, params ReadOnlySpan<string> others)
    : ServiceFact(id, asks, ["ssl", .. Speakers.Select(static protocol => protocol.Name).Distinct(), .. others])
{
    // MySQL counts connections that end before a login.
    private static readonly ServiceProtocol[] Speakers =
        [.. ServiceCatalog.Tcp.Where(static protocol => protocol is { Upgrade: not null, CountsConnections: false })];

    /// <summary>Questions that turn a connection in clear to TLS, and what comes before them.</summary>
    protected static IEnumerable<ServiceProbe> Requests =>
        Speakers.SelectMany(static protocol => protocol.Opening is { } opening ? protocol.Upgrade!.Probes.Prepend(opening)
            : protocol.Upgrade!.Probes).Distinct();

    /// <inheritdoc/>
    public override bool Fits(IdentifiedService service) => IsInsideTls(service) || base.Fits(service);

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [.. Requests, TlsHello.Probe];

    /// <summary>Whether a port speaks TLS from its first byte.</summary>
    public static bool IsInsideTls(IdentifiedService service) => service.Tunnel == "ssl" || service.Protocol == "ssl";

    /// <summary>The protocol that a service in clear speaks, where it can be turned to TLS.</summary>
    public static ServiceProtocol? SpeakerOf(IdentifiedService service) =>
        Array.Find(Speakers, protocol => protocol.Name == service.Protocol);
}
