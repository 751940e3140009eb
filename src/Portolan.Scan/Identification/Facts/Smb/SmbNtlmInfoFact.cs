using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Smb;

/// <summary>
/// The names of a server of SMB, its domain and its version, from the first half of an NTLM exchange. The exchange ends there: nobody logs
/// in.
/// </summary>
internal sealed class SmbNtlmInfoFact()
    : ServiceFact("smb-ntlm-info", "names, domain and version, from the NTLM challenge; no login is attempted", "microsoft-ds")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) =>
        [SmbProtocol.Negotiate, SmbProtocol.Session, OldSmb.Negotiate, OldSmb.Session];

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
            if (SmbQuestion.TryNegotiated(agreed.Span, out _))
            {
                var answer = await conversation.AskAsync(SmbProtocol.Session, SmbQuestion.IsWhole);
                return NtlmChallenge.Read(answer.Span) is { Count: > 0 } fields ? Fact.Of(Id, fields) : null;
            }
        }

        return await AskOldAsync(context);
    }

    private async Task<Fact?> AskOldAsync(FactContext context)
    {
        if (await context.OpenAsync() is not { } conversation)
        {
            return null;
        }

        await using (conversation)
        {
            if (await OldSmb.AskAsync(conversation) is not { } told)
            {
                return null;
            }

            var fields = NtlmChallenge.Read(told.Answer.Span);
            foreach (var (key, text) in ((string, string?)[])[
                ("NetBIOS_Computer_Name", told.Computer), ("NetBIOS_Domain_Name", told.Domain), ("OS", told.System),
                ("LAN_Manager", told.LanManager)])
            {
                if (text is not null)
                {
                    fields.Add(FactField.Of(key, text));
                }
            }

            return fields.Count > 0 ? Fact.Of(Id, fields) : null;
        }
    }
}
