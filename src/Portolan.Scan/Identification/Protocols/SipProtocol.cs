using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// SIP: <c>OPTIONS</c>, answered without a call (RFC 3261 sections 7.2, 11 and 20.35). Servers name themselves in Server or User-Agent.
/// </summary>
internal sealed class SipProtocol : ServiceProtocol
{
    private static readonly (string Prefix, string Product, string? Cpe)[] Products =
    [
        ("kamailio (", "Kamailio", "kamailio:kamailio"), ("OpenSIPS (", "OpenSIPS", "opensips:opensips"),
        ("Asterisk PBX ", "Asterisk", "digium:asterisk"),
        ("FreeSWITCH-mod_sofia/", "FreeSWITCH", "freeswitch:freeswitch"), ("Cisco-SIPGateway/IOS-", "Cisco SIP gateway", null),
    ];

    private readonly ServiceProbe _options;

    public SipProtocol(bool isStream)
        : base("sip", 5060, 5062, 5080)
    {
        TlsPorts = isStream ? [5061] : [];
        _options = new ServiceProbe(isStream ? "SIP OPTIONS over TCP" : "SIP OPTIONS", target => Request(target, isStream));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts { get; }

    /// <inheritdoc/>
    public override ServiceProbe Opening => _options;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override HttpReaction ToLine => HttpReaction.Waits;

    /// <inheritdoc/>
    public override bool? ClosesByReset => false;

    /// <inheritdoc/>
    public override int Rarity => 7;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!bytes.StartsWith("SIP/2.0 "u8))
        {
            return ReplyText.MayBegin(bytes, "SIP/2.0 "u8) && bytes.Length > 2 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        if (bytes.IndexOf("\r\n\r\n"u8) < 0 && !reply.IsEnded)
        {
            return ReplyReading.Incomplete;
        }

        var server = Header(bytes, "Server:"u8) ?? Header(bytes, "User-Agent:"u8);
        var service = new IdentifiedService(Name) { Info = $"status {ReplyText.Of(ReplyText.FirstLine(bytes)["SIP/2.0 "u8.Length..])}" };
        if (server is null)
        {
            return ReplyReading.Certain(service);
        }

        foreach (var (prefix, product, cpe) in Products)
        {
            if (server.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                var version = ReplyText.LeadingVersion(Encoding.UTF8.GetBytes(server[prefix.Length..]));
                var names = cpe is null ? [] : Cpe.Of(cpe, version);
                return ReplyReading.Certain(service with { Product = product, Version = version, Cpes = names });
            }
        }

        return ReplyReading.Certain(service with { Product = server });
    }

    private static string? Header(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name)
    {
        var rest = message;
        while (ReplyText.TryLine(ref rest, out var line) && !line.IsEmpty)
        {
            if (ReplyText.Begins(line, name))
            {
                return ReplyText.Of(line[name.Length..]);
            }
        }

        return null;
    }

    // A branch of RFC 3261 begins with z9hG4bK; the answer comes back on the connection, or to the port that asked (RFC 3581).
    private static byte[] Request(ServiceTarget target, bool isStream)
    {
        var transport = isStream ? "TCP" : "UDP";
        return Encoding.ASCII.GetBytes(
            $"OPTIONS sip:{target.Host}:{target.Port} SIP/2.0\r\n" +
            $"Via: SIP/2.0/{transport} portolan.invalid;branch=z9hG4bK-portolan;rport\r\nMax-Forwards: 70\r\n" +
            $"From: <sip:asks@portolan.invalid>;tag=portolan\r\nTo: <sip:{target.Host}:{target.Port}>\r\n" +
            "Call-ID: portolan@portolan.invalid\r\nCSeq: 1 OPTIONS\r\n" +
            "Accept: application/sdp\r\nContent-Length: 0\r\n\r\n");
    }
}
