namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// NNTP: the greeting 200, 201, 400 or 502, then <c>CAPABILITIES</c>, whose IMPLEMENTATION names the server (RFC 3977 sections 5.1 and
/// 5.2).
/// </summary>
internal sealed class NntpProtocol() : ServiceProtocol("nntp", 119, 433)
{
    private static readonly ServiceProbe Capabilities = new("NNTP CAPABILITIES", "CAPABILITIES\r\n"u8);

    // Servers older than RFC 3977 have this one (RFC 2980 section 3.2).
    private static readonly ServiceProbe Date = new("NNTP DATE", "DATE\r\n"u8);

    private static readonly (string Word, string Product)[] Products =
        [("INN ", "INN"), ("Leafnode NNTP Daemon, version ", "Leafnode"), ("Cyrus NNTP ", "Cyrus nntpd")];

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [563];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Capabilities, Date];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (reply.Asked is not null || !CodeReply.TryRead(reply, out var code, out var text))
        {
            return reply.Asked is null ? CodeReply.Unless(reply) : ReplyReading.Foreign;
        }

        var service = Describe(ReplyText.Of(ReplyText.FirstLine(text)) ?? "");
        var isNamed = ReplyText.Has(text, "NNTP"u8) || ReplyText.Begins(text, "Leafnode "u8) || ReplyText.Has(text, "NNRP"u8)
            || ReplyText.Has(text, "InterNetNews"u8);
        return code switch
        {
            200 or 201 or 400 or 502 or 503 when isNamed => ReplyReading.Certain(service),
            200 or 201 => ReplyReading.Likely(service),
            _ => ReplyReading.Foreign,
        };
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (isCertain && known.Version is not null)
        {
            return known;
        }

        var answer = await conversation.AskAsync(Capabilities, static reply => IsWhole(reply.Span));
        if (answer.Span.StartsWith("101"u8) && answer.Span.IndexOf("\nVERSION "u8) >= 0)
        {
            var implementation = ReplyText.Behind(answer.Span, "\nIMPLEMENTATION "u8, []);
            return implementation is null ? known : Describe(implementation) with { Info = known.Info };
        }

        if (isCertain)
        {
            return known;
        }

        // 111 and fourteen digits.
        answer = await conversation.AskAsync(Date, static reply => ReplyText.HasLine(reply.Span));
        return answer.Length >= 18 && answer.Span.StartsWith("111 "u8)
            && !answer.Span[4..18].ContainsAnyExceptInRange((byte)'0', (byte)'9') ? known : null;
    }

    private static bool IsWhole(ReadOnlySpan<byte> reply) =>
        reply.EndsWith("\r\n.\r\n"u8) || (ReplyText.HasLine(reply) && !reply.StartsWith("101"u8));

    private IdentifiedService Describe(string said)
    {
        foreach (var (word, product) in Products)
        {
            var at = said.IndexOf(word, StringComparison.Ordinal);
            if (at >= 0 && at + word.Length < said.Length && char.IsAsciiDigit(said[at + word.Length]))
            {
                return new IdentifiedService(Name) { Product = product, Version = said[(at + word.Length)..].Split(' ', ',', ';')[0] };
            }
        }

        return new IdentifiedService(Name) { Info = said.Length > 0 ? said : null };
    }
}
