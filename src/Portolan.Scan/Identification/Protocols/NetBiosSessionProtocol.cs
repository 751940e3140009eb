namespace Portolan.Scan.Identification.Protocols;

/// <summary>The NetBIOS session service: a session request to <c>*SMBSERVER</c> (RFC 1002 section 4.3); SMB is spoken inside.</summary>
internal sealed class NetBiosSessionProtocol() : ServiceProtocol("netbios-ssn", 139)
{
    private static readonly SmbProtocol Inside = new();

    private static readonly ServiceProbe Request =
        new("NetBIOS session request", [0x81, 0, 0, 68, .. Encode("*SMBSERVER"), .. Encode("PORTOLAN")]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Request;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Waits;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [SmbProtocol.Negotiate, .. Inside.FollowUps];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) =>
        !ReferenceEquals(reply.Asked, Request) ? ReplyReading.Foreign : reply.Bytes switch
        {
            [0x82, 0, 0, 0] => ReplyReading.Certain(new IdentifiedService(Name)),
            [0x83, 0, 0, 1, 0x80 or 0x81 or 0x82 or 0x83 or 0x8F] =>
                ReplyReading.Certain(new IdentifiedService(Name) { Info = "the session was refused" }),
            [0x82 or 0x83] or [0x82 or 0x83, 0] or [0x82 or 0x83, 0, 0] or [0x83, 0, 0, 1] => ReplyReading.UnlessEnded(reply),
            _ => ReplyReading.Foreign,
        };

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (known.Info is not null)
        {
            return known;
        }

        var answer = await conversation.AskAsync(
            SmbProtocol.Negotiate,
            static reply => reply.Length > 3 && reply.Length >= 4 + ((reply.Span[1] << 16) | (reply.Span[2] << 8) | reply.Span[3]));
        return Inside.Read(new ServiceReply(answer.Span, SmbProtocol.Negotiate, isEnded: true)) is
        {
            Match: ReplyMatch.Certain,
            Service: { } smb
        }
            && await Inside.AskAsync(conversation, smb, isCertain: true) is { } whole ? whole with { Protocol = known.Protocol } : known;
    }

    // First-level encoding (RFC 1001 section 14.1): 16 bytes as 32 letters.
    private static byte[] Encode(string name)
    {
        var encoded = new byte[34];
        encoded[0] = 32;
        for (var i = 0; i < 16; i++)
        {
            var one = i < name.Length ? name[i] : i < 15 ? ' ' : name[0] == '*' ? ' ' : '\0';
            (encoded[1 + (2 * i)], encoded[2 + (2 * i)]) = ((byte)('A' + (one >> 4)), (byte)('A' + (one & 15)));
        }

        return encoded;
    }
}
