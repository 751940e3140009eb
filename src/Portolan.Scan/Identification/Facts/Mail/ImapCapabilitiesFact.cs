using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Mail;

/// <summary>What an IMAP server says that it can do before a login (CAPABILITY, RFC 9051 section 6.1.1).</summary>
internal sealed class ImapCapabilitiesFact() : ServiceFact("imap-capabilities", "what the server answers to CAPABILITY", "imap")
{
    private static readonly ServiceProbe Capability = new("IMAP CAPABILITY", "a1 CAPABILITY\r\n"u8);

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Capability];

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
            var answer = await conversation.AskAsync(Capability, static reply => reply.Span.IndexOf("a1 "u8) is >= 0 and var at
                && ReplyText.HasLine(reply.Span[at..]));
            return ReplyText.Of(Line(answer.Span), 1024) is { } words
                ? Fact.Of(Id, [FactField.List("capabilities", words.Split(' ', StringSplitOptions.RemoveEmptyEntries))], words) : null;
        }
    }

    private static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> rest)
    {
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (ReplyText.Begins(line, "* CAPABILITY "u8))
            {
                return line["* CAPABILITY "u8.Length..];
            }
        }

        return default;
    }
}
