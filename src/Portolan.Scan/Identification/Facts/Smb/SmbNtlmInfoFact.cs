using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Smb;

/// <summary>
/// The names of a server of SMB, its domain and its version, from the first half of an NTLM exchange. The exchange ends there: nobody logs
/// in.
/// </summary>
internal sealed class SmbNtlmInfoFact()
    : ServiceFact("smb-ntlm-info", "names, domain and version, from the NTLM challenge; nobody logs in", "microsoft-ds")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [SmbProtocol.Negotiate, SmbProtocol.Session];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        if (await context.OpenAsync() is not { } conversation)
        {
            return null;
        }

        await using (conversation)
        {
            var agreed = await conversation.AskAsync(SmbProtocol.Negotiate, SmbQuestion.IsWhole);
            if (!SmbQuestion.TryNegotiated(agreed.Span, out _))
            {
                return null;
            }

            var answer = await conversation.AskAsync(SmbProtocol.Session, SmbQuestion.IsWhole);
            return NtlmChallenge.Read(answer.Span) is { Count: > 0 } fields ? Fact.Of(Id, fields) : null;
        }
    }
}
