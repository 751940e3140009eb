using System.Buffers.Binary;
using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Smb;

/// <summary>Whether a server of SMB 2 and 3 signs its messages, and wants clients to ([MS-SMB2] section 2.2.4).</summary>
internal sealed class SmbSecurityModeFact() : ServiceFact("smb2-security-mode", "whether messages are signed", "microsoft-ds")
{
    // The newest that a server has, of those that need no context.
    private static readonly (ushort Dialect, ServiceProbe Probe)[] Offers =
        [.. ((ushort[])[0x0311, 0x0302, 0x0202])
            .Select(static dialect => (dialect, new ServiceProbe(
                $"SMB2 NEGOTIATE {SmbQuestion.NameOf(dialect)}", SmbQuestion.Negotiate(dialect))))];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [.. Offers.Select(static offer => offer.Probe)];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        foreach (var (dialect, probe) in Offers)
        {
            var answer = await context.AskOnceAsync(probe, SmbQuestion.IsWhole);
            if (SmbQuestion.TryNegotiated(answer.Span, out var body))
            {
                var mode = BinaryPrimitives.ReadUInt16LittleEndian(body[2..]);
                var (enabled, required) = ((mode & 1) != 0, (mode & 2) != 0);
                var words = (enabled, required) switch
                {
                    (_, true) => "Message signing enabled and required",
                    (true, _) => "Message signing enabled but not required",
                    _ => "Message signing is disabled",
                };
                var name = SmbQuestion.NameOf(dialect);
                return Fact.Of(Id, [FactField.Table(name, [FactField.Of(null, words)])], $"\n  {name}: \n    {words}");
            }
        }

        return null;
    }
}
