using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Smb;

/// <summary>Which dialects of SMB a server takes, each offered alone.</summary>
internal sealed class SmbProtocolsFact() : ServiceFact("smb-protocols", "which dialects of SMB 1, 2 and 3 it accepts", "microsoft-ds")
{
    private static readonly ushort[] Dialects = [0x0202, 0x0210, 0x0300, 0x0302, 0x0311];

    private static readonly ServiceProbe[] Offers =
        [.. Dialects.Select(static dialect => new ServiceProbe($"SMB2 NEGOTIATE {SmbQuestion.NameOf(dialect)}",
        SmbQuestion.Negotiate(dialect)))];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [OldSmb.Negotiate, .. Offers];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var taken = new List<string>();
        var answer = await context.AskOnceAsync(OldSmb.Negotiate, SmbQuestion.IsWhole);
        if (SmbQuestion.TookOld(answer.Span))
        {
            taken.Add("NT LM 0.12 (SMBv1)");
        }

        for (var i = 0; i < Offers.Length && !context.IsOver; i++)
        {
            answer = await context.AskOnceAsync(Offers[i], SmbQuestion.IsWhole);
            if (SmbQuestion.TryNegotiated(answer.Span, out var body) && (body[4] | (body[5] << 8)) == Dialects[i])
            {
                taken.Add(SmbQuestion.NameOf(Dialects[i]));
            }
        }

        return taken.Count == 0 ? null : Fact.Of(Id, [FactField.List("dialects", taken)]);
    }
}
