namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// VNC: the version <c>RFB 003.008</c> unasked, then the list of security types for a client of the same version (RFC 6143 section 7.1).
/// </summary>
internal sealed class VncProtocol() : ServiceProtocol("vnc", 5900, 5901, 5902, 5903)
{
    private static readonly ServiceProbe Version = new("VNC ProtocolVersion 3.8", "RFB 003.008\n"u8);

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Version];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.Length < 12)
        {
            return bytes.Length > 0 && ("RFB "u8.StartsWith(bytes) || bytes.StartsWith("RFB "u8))
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        if (!bytes.StartsWith("RFB "u8) || bytes[7] != '.' || bytes[11] != '\n' || !TryNumber(bytes.Slice(4, 3), out var major)
            || !TryNumber(bytes.Slice(8, 3), out var minor))
        {
            return ReplyReading.Foreign;
        }

        // Apple's Screen Sharing is 3.889, RealVNC's servers are 4.1 and 5.0.
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = (major, minor) switch { (3, 889) => "Apple Screen Sharing", (4 or 5, _) => "RealVNC", _ => null },
            Info = FormattableString.Invariant($"protocol {major}.{minor}"),
        });
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (known.Info != "protocol 3.8" || conversation.Asked is not null)
        {
            return known;
        }

        var answer = await conversation.AskAsync(Version, static reply => reply.Length > 0 && reply.Length > reply.Span[0]);
        return TypesIn(answer.Span) is { } types ? known with { Info = $"{known.Info}; {types}" } : known;
    }

    private static string? TypesIn(ReadOnlySpan<byte> answer)
    {
        if (answer.Length < 2 || answer.Length <= answer[0] || answer[0] == 0)
        {
            return null;
        }

        var types = answer.Slice(1, answer[0]);
        return types.Contains((byte)1)
            ? "no authentication"
            : types.Contains((byte)2) ? "VNC authentication" : types.ContainsAny((byte)18, (byte)19) ? "TLS" : null;
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, out int number) =>
        System.Buffers.Text.Utf8Parser.TryParse(digits, out number, out var used) && used == digits.Length;
}
