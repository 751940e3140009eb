namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// SOCKS 5: the method that a server chooses, then a request with a command that does not exist, which is refused (RFC 1928 sections 3, 4
/// and 6). No connection is asked for.
/// </summary>
internal sealed class SocksProtocol() : ServiceProtocol("socks5", 1080, 9050, 9150)
{
    private static readonly ServiceProbe NoLogin = new("SOCKS5 methods, none", [5, 1, 0]);

    // An unassigned private method: the refusal proves that it was read.
    private static readonly ServiceProbe Unknown = new("SOCKS5 methods, private", [5, 1, 0xFE]);

    // Command 254, which RFC 1928 does not have, of 0.0.0.0 port 0.
    private static readonly ServiceProbe NoCommand = new("SOCKS5 request, command 254", [5, 0xFE, 0, 1, 0, 0, 0, 0, 0, 0]);

    private static readonly ServiceProbe Browser = new("SOCKS, a browser's request", "GET / HTTP/1.0\r\n\r\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => NoLogin;

    // Tor answers a browser, and some say to everything that no method fits: they are known by that.
    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override HttpReaction ToLine => HttpReaction.Closes;

    /// <inheritdoc/>
    public override bool? ClosesByReset => false;

    /// <inheritdoc/>
    public override int Rarity => 6;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [NoCommand, Unknown, Browser];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // What Tor says to a browser.
        if (reply.Bytes.IndexOf("Tor is not an HTTP Proxy"u8) >= 0)
        {
            return ReplyReading.Certain(new IdentifiedService(Name) { Product = "Tor", Cpes = Cpe.Of("torproject:tor", null) });
        }

        // Some refuse so whatever they do not know.
        if (reply.Bytes is [5, 0xFF] && reply.Asked is not null && !ReferenceEquals(reply.Asked, NoLogin))
        {
            return ReplyReading.Likely(new IdentifiedService(Name));
        }

        return ReferenceEquals(reply.Asked, NoLogin) && reply.Bytes is [5, 0 or 0xFF]
            ? ReplyReading.Likely(new IdentifiedService(Name) { Info = reply.Bytes[1] == 0 ? "no login is wanted" : "a login is wanted" })
            : reply.Bytes is [5] && ReferenceEquals(reply.Asked, NoLogin) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (isCertain)
        {
            return known;
        }

        if (ReferenceEquals(conversation.Asked, NoLogin))
        {
            return await ConfirmAsync(conversation, known);
        }

        if (await conversation.OpenAnotherAsync() is not { } first)
        {
            return null;
        }

        await using (first)
        {
            var method = await first.AskAsync(NoLogin, static reply => reply.Length >= 2);
            return Read(new ServiceReply(method.Span, NoLogin, isEnded: true)) is { Match: ReplyMatch.Likely, Service: { } service }
                ? await ConfirmAsync(first, service)
                : null;
        }
    }

    // The request of no command on the same connection; where that is not answered, a method of no one, whose answer must be another.
    private async Task<IdentifiedService?> ConfirmAsync(Conversation conversation, IdentifiedService known)
    {
        var chosen = conversation.Reply.Span is [5, 0];
        if (!(chosen && !conversation.IsEnded
            && (await conversation.AskAsync(NoCommand, static reply => reply.Length >= 10)).Span is [5, >= 1 and <= 8, 0, 1 or 3 or 4, ..]))
        {
            if (await conversation.OpenAnotherAsync() is not { } second)
            {
                return null;
            }

            await using (second)
            {
                // OpenSSH closes where no method fits, and says nothing.
                var answer = await second.AskAsync(Unknown, static reply => reply.Length >= 2);
                if (answer.Span is not [5, 0xFF] && !(chosen && answer.IsEmpty && second.IsEnded))
                {
                    return null;
                }
            }
        }

        // Tor tells browsers what it is.
        if (await conversation.OpenAnotherAsync() is not { } third)
        {
            return known;
        }

        await using (third)
        {
            var answer = await third.AskAsync(Browser, static reply => reply.Span.IndexOf("</html>"u8) >= 0);
            return Read(new ServiceReply(answer.Span, Browser, isEnded: true)) is { Match: ReplyMatch.Certain, Service: { } tor }
                ? tor with { Info = known.Info }
                : known;
        }
    }
}
