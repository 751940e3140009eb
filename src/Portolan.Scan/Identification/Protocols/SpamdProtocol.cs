namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// SpamAssassin's daemon: <c>PING</c>, which no message follows (SpamAssassin, spamd/PROTOCOL). It does not tell its version.
/// </summary>
internal sealed class SpamdProtocol() : ServiceProtocol("spamd", 783)
{
    private static readonly ServiceProbe Ping = new("spamd PING", "PING SPAMC/1.5\r\n\r\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Ping;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // "SPAMD/1.5 0 PONG", and to other words "SPAMD/1.0 76 Bad header line: ...".
        var line = ReplyText.FirstLine(reply.Bytes);
        return reply.Asked is null || !line.StartsWith("SPAMD/"u8)
            ? reply.Asked is not null && ReplyText.MayBegin(reply.Bytes, "SPAMD/"u8)
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign
            : !ReplyText.HasLine(reply.Bytes) ? ReplyReading.UnlessEnded(reply)
            : ReplyText.LeadingVersion(line["SPAMD/"u8.Length..]) is { } protocol
                ? ReplyReading.Certain(
                    new IdentifiedService(Name) { Product = "SpamAssassin spamd", Info = $"protocol {protocol}" })
                : ReplyReading.Foreign;
    }
}
