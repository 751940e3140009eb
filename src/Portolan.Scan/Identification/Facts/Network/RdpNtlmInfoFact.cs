using Portolan.Model;
using Portolan.Scan.Identification.Facts.Smb;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>
/// The names of a server of RDP, its domain and its version, from the first half of an NTLM exchange inside TLS ([MS-CSSP] section 2.2.1,
/// [MS-RDPBCGR] section 5.4.5.2). The exchange ends there: no login is attempted.
/// </summary>
internal sealed class RdpNtlmInfoFact()
    : ServiceFact("rdp-ntlm-info", "names, domain and version, from the NTLM challenge of CredSSP; no login is attempted", "ms-wbt-server")
{
    // TSRequest: version 2, and in negoTokens the message of NTLMSSP.
    private static readonly ServiceProbe Negotiate = new("CredSSP NTLM NEGOTIATE",
    [
        0x30, 0x37, 0xA0, 3, 2, 1, 2, 0xA1, 0x30, 0x30, 0x2E, 0x30, 0x2C, 0xA0, 0x2A, 4, 0x28, .. SmbProtocol.NtlmMessage,
    ]);

    private static readonly TlsUpgrade CredSsp =
        new(RdpProtocol.CredSspRequest, static reply => reply.Length >= RdpProtocol.ConfirmLength, IsGranted) { ComesFirst = true };

    /// <inheritdoc/>
    public override bool NeedsOpenSsl => true;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [RdpProtocol.CredSspRequest, Negotiate];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        if (await context.OpenAsync() is not { } conversation)
        {
            return null;
        }

        await using (conversation)
        {
            if (await conversation.UpgradeAsync(CredSsp) is not { } secure)
            {
                return null;
            }

            await using (secure)
            {
                var answer = await secure.AskAsync(Negotiate, static reply =>
                    Ber.LengthOf(reply.Span) is var length && (length < 0 || (length > 0 && reply.Length >= length)));
                return NtlmChallenge.Read(answer.Span) is { Count: > 0 } fields ? Fact.Of(Id, fields) : null;
            }
        }
    }

    // Connection confirm, RDP_NEG_RSP, CredSSP with early authorization or without.
    private static bool IsGranted(ReadOnlyMemory<byte> reply) =>
        reply.Span is [3, 0, 0, 19, 14, 0xD0, 0, 0, _, _, _, 2, _, 8, 0, 2 or 8, 0, 0, 0, ..];
}
