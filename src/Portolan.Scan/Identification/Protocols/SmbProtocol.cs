using System.Buffers.Binary;
using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// SMB 2 and 3: NEGOTIATE tells dialect and signing, and the first half of an NTLM exchange tells the server's names, as to any client
/// before it logs in ([MS-SMB2] sections 2.2.3 to 2.2.6, [MS-NLMP] section 2.2.1.2). The exchange ends there: no login is attempted.
/// </summary>
internal sealed class SmbProtocol() : ServiceProtocol("microsoft-ds", 445)
{
    private const int HeaderLength = 64;

    // Dialects 2.0.2, 2.1, 3.0 and 3.0.2.
    internal static readonly ServiceProbe Negotiate = new("SMB2 NEGOTIATE",
    [
        0, 0, 0, 108, .. Header(0, 0), 36, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, .. "portolan-portol-"u8, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0x10, 2,
        0, 3, 2, 3,
    ]);

    // The first message of NTLMSSP: empty but for its flags and a version.
    internal static ReadOnlySpan<byte> NtlmMessage =>
    [
        (byte)'N', (byte)'T', (byte)'L', (byte)'M', (byte)'S', (byte)'S', (byte)'P', 0, 1, 0, 0, 0, 0x15, 0x82, 8, 0x62,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 1, 0xB1, 0x1D, 0, 0, 0, 15,
    ];

    // The same in SPNEGO.
    internal static byte[] NtlmNegotiate =>
    [
        0x60, 0x48, 6, 6, 0x2B, 6, 1, 5, 5, 2, 0xA0, 0x3E, 0x30, 0x3C, 0xA0, 0x0E, 0x30, 0x0C, 6, 10, 0x2B, 6, 1, 4, 1, 0x82, 0x37, 2, 2,
        10, 0xA2, 0x2A, 4, 0x28, .. NtlmMessage,
    ];

    internal static readonly ServiceProbe Session = new("SMB2 SESSION_SETUP, NTLM NEGOTIATE",
    [
        0, 0, 0, 162, .. Header(1, 1), 25, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 88, 0, 74, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        .. NtlmNegotiate,
    ]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Negotiate;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Waits;

    /// <inheritdoc/>
    public override int Rarity => 4;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Session, OldSmb.Negotiate, OldSmb.Session];

    /// <inheritdoc/>
    public override bool IsKnownBySilence => true;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.Length < 8)
        {
            return reply.Asked is not null && bytes.Length > 0 && bytes[0] == 0 && (bytes.Length < 5 || bytes[4] == 0xFE)
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        if (bytes[0] != 0 || bytes[4] != 0xFE || !bytes[5..].StartsWith("SMB"u8))
        {
            return ReplyReading.Foreign;
        }

        var length = (bytes[1] << 16) | (bytes[2] << 8) | bytes[3];
        if (length is < HeaderLength + 8 or > 65535)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 4 + length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var message = bytes.Slice(4, length);
        return IsReply(message, 0) && message.Length >= HeaderLength + 8
            ? ReplyReading.Certain(Describe(message[HeaderLength..]))
            : ReplyReading.Foreign;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        var answer = await conversation.AskAsync(
            Session,
            static reply => reply.Length >= 4 && reply.Length >= 4 + ((reply.Span[1] << 16) | (reply.Span[2] << 8) | reply.Span[3]));
        return ReadChallenge(answer.Span, known);
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskSilentAsync(Conversation conversation)
    {
        // A server of SMB 1 alone closes on the question of SMB 2.
        if (await conversation.OpenAnotherAsync() is not { } second)
        {
            return null;
        }

        await using (second)
        {
            if (await OldSmb.AskAsync(second) is not { } told)
            {
                return null;
            }

            var service = ReadChallenge(told.Answer.Span, new IdentifiedService(Name)
            {
                Info = told.Domain is null ? "SMB 1 only" : $"SMB 1 only; workgroup {told.Domain}",
                HostName = told.Computer,
            });
            return told.LanManager is { } name && name.StartsWith("Samba ", StringComparison.Ordinal)
                && ReplyText.LeadingVersion(Encoding.UTF8.GetBytes(name["Samba ".Length..].Split('-')[0])) is { } version
                ? service with { Product = "Samba smbd", Version = version, Cpes = Cpe.Of("samba:samba", version) }
                : service;
        }
    }

    private static byte[] Header(byte command, byte message) =>
        [0xFE, .. "SMB"u8, 64, 0, 0, 0, 0, 0, 0, 0, command, 0, 31, 0, 0, 0, 0, 0, 0, 0, 0, 0, message, 0, 0, 0, 0, 0, 0, 0,
            .. new byte[32]];

    private static bool IsReply(ReadOnlySpan<byte> message, int command) =>
        message[12] == command && message[13] == 0 && (message[16] & 1) == 1;

    private IdentifiedService Describe(ReadOnlySpan<byte> body)
    {
        var dialect = BinaryPrimitives.ReadUInt16LittleEndian(body[4..]) switch
        {
            0x0202 => "SMB 2.0.2",
            0x0210 => "SMB 2.1",
            0x0300 => "SMB 3.0",
            0x0302 => "SMB 3.0.2",
            0x0311 => "SMB 3.1.1",
            _ => "SMB 2",
        };
        return new IdentifiedService(Name) { Info = $"{dialect}; signing {((body[2] & 2) != 0 ? "required" : "not required")}" };
    }

    private static IdentifiedService ReadChallenge(ReadOnlySpan<byte> answer, IdentifiedService known)
    {
        var at = answer.IndexOf("NTLMSSP\0\u0002\0\0\0"u8);
        if (at < 0 || answer.Length < at + 56)
        {
            return known;
        }

        var challenge = answer[at..];
        var (length, offset) = (BinaryPrimitives.ReadUInt16LittleEndian(challenge[40..]),
            BinaryPrimitives.ReadUInt32LittleEndian(challenge[44..]));
        var names = offset + length <= challenge.Length ? challenge.Slice((int)offset, length) : default;
        string? computer = null, domain = null, dns = null;
        while (names.Length >= 4)
        {
            var (id, size) = (BinaryPrimitives.ReadUInt16LittleEndian(names), BinaryPrimitives.ReadUInt16LittleEndian(names[2..]));
            if (id == 0 || names.Length < 4 + size)
            {
                break;
            }

            var text = ReplyText.Of(Encoding.UTF8.GetBytes(Encoding.Unicode.GetString(names.Slice(4, size))));
            (computer, domain, dns) = id switch
            {
                1 => (text, domain, dns),
                2 => (computer, text, dns),
                3 => (computer, domain, text),
                _ => (computer, domain, dns),
            };
            names = names[(4 + size)..];
        }

        // A server that belongs to no domain calls itself its domain.
        domain = string.Equals(domain, computer, StringComparison.OrdinalIgnoreCase) ? null : domain;

        // A Windows has a build number; Samba calls itself 6.1 without one.
        var (major, minor, build) = (challenge[48], challenge[49], BinaryPrimitives.ReadUInt16LittleEndian(challenge[50..]));
        var isSamba = (major, minor, build) == (6, 1, 0);
        return known with
        {
            Product = isSamba ? "Samba smbd" : build > 0 ? "Microsoft Windows SMB" : null,
            OperatingSystem = build > 0 ? FormattableString.Invariant($"Windows {major}.{minor}.{build}") : null,
            HostName = dns ?? computer,
            Info = domain is null ? known.Info : $"{known.Info}; workgroup {domain}",
            Cpes = isSamba ? Cpe.Of("samba:samba", null) : [],
        };
    }
}
