using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Mail;

/// <summary>What a POP3 server says that it can do before a login (CAPA, RFC 2449).</summary>
internal sealed class Pop3CapabilitiesFact() : ServiceFact("pop3-capabilities", "what the server answers to CAPA", "pop3")
{
    private static readonly ServiceProbe Capa = new("POP3 CAPA", "CAPA\r\n"u8);

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Capa];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        if (await context.OpenAsync() is not { } conversation)
        {
            return null;
        }

        await using (conversation)
        {
            await conversation.HearAsync(static said => ReplyText.HasLine(said.Span));
            var answer = await conversation.AskAsync(
                Capa, static reply =>
                    reply.Span.EndsWith("\r\n.\r\n"u8) || (reply.Span.StartsWith("-ERR"u8) && ReplyText.HasLine(reply.Span)));
            return answer.Span.StartsWith("+OK"u8) ? Describe(answer.Span) : null;
        }
    }

    private Fact? Describe(ReadOnlySpan<byte> rest)
    {
        var words = new List<string>();
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (!line.StartsWith("+OK"u8) && !line.SequenceEqual("."u8) && ReplyText.Of(line) is { } word)
            {
                words.Add(word);
            }
        }

        // Words of one capability stand in brackets, as nmap has them.
        return words.Count == 0 ? null : Fact.Of(
            Id, [FactField.List("capabilities", words)], string.Join(' ', words.Select(static word =>
                word.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space ? $"{word[..space]}({word[(space + 1)..]})" : word)));
    }
}
