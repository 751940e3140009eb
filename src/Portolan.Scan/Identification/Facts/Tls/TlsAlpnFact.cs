namespace Portolan.Scan.Identification.Facts.Tls;

/// <summary>
/// Which application protocols a server takes inside TLS (ALPN, RFC 7301): it chooses one of those that are offered, and is offered the
/// rest until it takes none.
/// </summary>
internal sealed class TlsAlpnFact() : TlsFact("tls-alpn", "which of the common application protocols it accepts")
{
    // IANA's registry of ALPN names; each is offered until it is taken.
    private static readonly string[] Offered =
    [
        "h2", "http/1.1", "http/1.0", "http/0.9", "spdy/3.1", "imap", "pop3", "ftp", "managesieve", "xmpp-client", "mqtt", "postgresql",
        "irc",
        "dot", "acme-tls/1", "stun.turn", "ntske/1", "coap",
    ];

    /// <inheritdoc/>
    public override bool NeedsOpenSsl => true;

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var taken = new List<string>();
        var left = Offered.ToList();
        while (left.Count > 0 && await context.HandshakeAsync(left) is { ApplicationProtocol: { Length: > 0 } protocol }
            && left.Remove(protocol))
        {
            taken.Add(protocol);
        }

        return taken.Count == 0 ? null : Fact.Of(Id, taken.Select(static name => FactField.Of(null, name)));
    }
}
