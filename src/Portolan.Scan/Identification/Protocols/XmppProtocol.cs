using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>XMPP: the opening of a stream (RFC 6120 section 4.2). The server opens its own, whatever it says of the name.</summary>
internal sealed class XmppProtocol() : ServiceProtocol("xmpp-client", 5222, 5269)
{
    private static readonly ServiceProbe Open = new("XMPP stream", static target => Encoding.UTF8.GetBytes(
        $"<?xml version='1.0'?><stream:stream to='{(target.Name ?? target.Socket.Address.ToString())}' xmlns='jabber:client' "
            + $"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"));

    // RFC 6120 section 5.4.2. The features may still come before the answer.
    private static readonly TlsUpgrade StartTls = new(
        new ServiceProbe("XMPP starttls", "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"u8),
        static reply =>
            IsAnswer(reply.Span, "<proceed"u8) || IsAnswer(reply.Span, "<failure"u8) || IsAnswer(reply.Span, "</stream:stream"u8),
        static reply => IsAnswer(reply.Span, "<proceed"u8));

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [5223];

    /// <inheritdoc/>
    public override ServiceProbe Opening => Open;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 7;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [.. StartTls.Probes];

    /// <inheritdoc/>
    public override TlsUpgrade Upgrade => StartTls;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        var at = bytes.IndexOf("<stream:stream"u8);
        if (at < 0)
        {
            return bytes.Length is > 0 and < 512
                && ("<?xml"u8.StartsWith(bytes) || bytes.StartsWith("<?xml"u8) || "<stream:stream"u8.StartsWith(bytes))
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        var end = bytes[at..].IndexOf((byte)'>');
        if (end < 0)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var head = bytes.Slice(at, end);
        if (head.IndexOf("http://etherx.jabber.org/streams"u8) < 0 || head.IndexOf(" id="u8) < 0)
        {
            return ReplyReading.Foreign;
        }

        var from = ReplyText.Behind(head, " from='"u8, "'"u8) ?? ReplyText.Behind(head, " from=\""u8, "\""u8);
        var isServer = head.IndexOf("jabber:server"u8) >= 0;
        return ReplyReading.Certain(new IdentifiedService(isServer ? "xmpp-server" : Name)
        {
            HostName = from,
            Info = bytes.IndexOf("<host-unknown"u8) >= 0
                ? "this name is not served here"
                : bytes.IndexOf("<starttls"u8) >= 0 ? "STARTTLS offered" : null,
        });
    }

    private static bool IsAnswer(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> element) =>
        bytes.IndexOf(element) is >= 0 and var at && bytes[at..].Contains((byte)'>');
}
