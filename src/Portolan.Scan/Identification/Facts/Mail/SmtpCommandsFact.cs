using System.Text;
using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Mail;

/// <summary>What a mail server says that it can do (EHLO, RFC 5321 section 4.1.1.1).</summary>
internal sealed class SmtpCommandsFact() : ServiceFact("smtp-commands", "what the server answers to EHLO", "smtp")
{
    private static readonly ServiceProbe Hello = new("SMTP EHLO", "EHLO portolan.invalid\r\n"u8);

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Hello];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        if (await context.OpenAsync() is not { } conversation)
        {
            return null;
        }

        await using (conversation)
        {
            await conversation.HearAsync(CodeReply.IsWhole);
            var answer = await conversation.AskAsync(Hello, CodeReply.IsWhole);
            return answer.Span.StartsWith("250"u8) ? Describe(answer.Span) : null;
        }
    }

    private Fact? Describe(ReadOnlySpan<byte> rest)
    {
        var words = new List<string>();
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (line.Length > 4 && ReplyText.Of(line[4..]) is { } word)
            {
                words.Add(word);
            }
        }

        return words.Count == 0 ? null : Fact.Of(
            Id, [FactField.Of("host", words[0].Split(' ')[0]), FactField.List("commands", words.Skip(1))],
            new StringBuilder().AppendJoin(", ", words).ToString());
    }
}
