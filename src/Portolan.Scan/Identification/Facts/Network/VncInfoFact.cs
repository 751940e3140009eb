using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>The protocol version and the security types of a VNC server (RFC 6143 section 7.1). None of them is chosen.</summary>
internal sealed class VncInfoFact() : ServiceFact("vnc-info", "protocol version and security types; none is chosen", "vnc")
{
    private static readonly ServiceProbe Version = new("VNC ProtocolVersion 3.8", "RFB 003.008\n"u8);

    // IANA's registry "RFB Security Types".
    private static readonly Dictionary<byte, string> Types = new()
    {
        [1] = "None",
        [2] = "VNC Authentication",
        [5] = "RA2",
        [6] = "RA2ne",
        [16] = "Tight",
        [17] = "Ultra",
        [18] = "TLS",
        [19] = "VeNCrypt",
        [20] = "SASL",
        [21] = "MD5 hash",
        [22] = "xvp",
        [30] = "Mac OSX security type",
        [129] = "RSA-AES-256",
        [130] = "RSA-AES-256 (unencrypted)",
        [133] = "RSA-AES-256 two-step",
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Version];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        if (await context.OpenAsync() is not { } conversation)
        {
            return null;
        }

        await using (conversation)
        {
            var greeting = (await conversation.HearAsync(static said => said.Length >= 12)).ToArray();
            if (greeting.Length < 12 || !greeting.AsSpan().StartsWith("RFB "u8))
            {
                return null;
            }

            var version = $"{(char)greeting[6]}.{Encoding.ASCII.GetString(greeting, 8, 3).TrimStart('0')}";
            List<FactField> fields = [FactField.Of("Protocol version", version)];
            if (greeting.AsSpan(4).StartsWith("003.00"u8) && greeting[10] >= '7')
            {
                var answer = await conversation.AskAsync(Version, static reply => reply.Length > 0 && reply.Length > reply.Span[0]);
                var count = answer.Length > 1 && answer.Length > answer.Span[0] ? answer.Span[0] : 0;
                fields.Add(FactField.List("Security types", answer.Span.Slice(Math.Min(1, count), count).ToArray().Select(static type =>
                    Types.TryGetValue(type, out var name) ? FormattableString.Invariant($"{name} ({type})")
                        : FormattableString.Invariant($"Unknown security type ({type})"))));
            }

            return Fact.Of(Id, fields);
        }
    }
}
