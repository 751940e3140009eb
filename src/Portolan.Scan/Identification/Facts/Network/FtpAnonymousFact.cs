using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>Whether an FTP server lets anybody in (RFC 1635). The login is undone at once; nothing is listed, read or written.</summary>
internal sealed class FtpAnonymousFact() : ServiceFact("ftp-anon", "whether an anonymous login is accepted; "
    + "nothing is listed or read", "ftp")
{
    private static readonly ServiceProbe User = new("FTP USER anonymous", "USER anonymous\r\n"u8);
    private static readonly ServiceProbe Password = new("FTP PASS", "PASS portolan@\r\n"u8);
    private static readonly ServiceProbe Quit = new("FTP QUIT", "QUIT\r\n"u8);

    /// <inheritdoc/>
    public override string Credentials => "user anonymous, password portolan@";

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [User, Password, Quit];

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
            var code = CodeOf(await conversation.AskAsync(User, CodeReply.IsWhole), User);
            if (code == 331)
            {
                code = CodeOf(await conversation.AskAsync(Password, CodeReply.IsWhole), Password);
            }

            if (code != 230)
            {
                return null;
            }

            await conversation.AskAsync(Quit, CodeReply.IsWhole);
            return Fact.Of(Id, [FactField.Of("allowed", true), FactField.Of("code", code)],
                FormattableString.Invariant($"Anonymous FTP login allowed (FTP code {code})"));
        }
    }

    private static int CodeOf(ReadOnlyMemory<byte> answer, ServiceProbe asked) =>
        CodeReply.TryRead(new ServiceReply(answer.Span, asked, isEnded: true), out var code, out _) ? code : 0;
}
