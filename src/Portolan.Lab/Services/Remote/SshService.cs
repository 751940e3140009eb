using System.Buffers.Binary;
using System.Text;

namespace Portolan.Lab.Services.Remote;

/// <summary>The start of SSH (RFC 4253): the version, the list of algorithms, and then a polite end. Logins are refused.</summary>
internal sealed class SshService : StreamService
{
    private const string UsualVersion = "OpenSSH_9.2p1 Debian-2+deb12u3";
    private const byte Disconnect = 1;
    private const byte KexInit = 20;
    private const int ByApplication = 11;
    private const int ProtocolError = 2;
    private const int MaxVersion = 255;
    private const int MaxPacket = 35_000;
    private const int MaxPackets = 16;

    // Key exchange, host keys, then ciphers, codes and compression each way, and languages each way (RFC 4253 section 7.1).
    private static readonly string[] Algorithms =
    [
        "curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha256", "ssh-ed25519,rsa-sha2-512", "aes128-ctr,aes256-ctr",
        "aes128-ctr,aes256-ctr",
        "hmac-sha2-256,hmac-sha2-512", "hmac-sha2-256,hmac-sha2-512", "none", "none", "", "",
    ];

    public override string Name => "ssh";

    public override string Summary => "sends its version and algorithms as SSH does, then disconnects (RFC 4253); logins are refused";

    public override PortNumber? UsualPort => new(22);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        new("version", "its software version, after SSH-2.0-; by default OpenSSH_9.2p1 Debian-2+deb12u3") { Check = CheckVersion },
        new("farewell", "what it says when it ends; by default that it shows its banner only") { Check = SettingChecks.Line },
    ];

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        var talk = new LineTalk(stream);
        talk.WriteLine($"SSH-2.0-{call.Setting("version", UsualVersion)}");
        talk.Write(Packet(Algorithm(call), call));
        var version = await talk.ReadLineAsync(cancellationToken);
        if (version.Kind == LineKind.End)
        {
            return;
        }

        if (version.Kind == LineKind.TooLong || version.Text.Length > MaxVersion
            || !(version.Text.StartsWith("SSH-2.0-", StringComparison.Ordinal)
                || version.Text.StartsWith("SSH-1.99-", StringComparison.Ordinal)))
        {
            talk.WriteLine("Protocol mismatch.");
            await talk.FlushAsync(cancellationToken);
            return;
        }

        var header = new byte[5];
        for (var i = 0; i < MaxPackets && await talk.ReadExactlyAsync(header, cancellationToken); i++)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(header);
            var padding = header[4];
            if (length is < 6 or > MaxPacket || padding > length - 2)
            {
                await EndAsync(talk, call, ProtocolError, "a packet with a wrong length", cancellationToken);
                return;
            }

            var rest = new byte[length - 1];
            if (!await talk.ReadExactlyAsync(rest, cancellationToken) || rest[0] == Disconnect)
            {
                return;
            }

            if (rest[0] == KexInit)
            {
                await EndAsync(
                    talk, call, ByApplication, call.Setting("farewell", "this host of a lab shows its banner only"), cancellationToken);
                return;
            }
        }
    }

    private static async Task EndAsync(LineTalk talk, ServiceCall call, int reason, string text, CancellationToken cancellationToken)
    {
        var words = Encoding.UTF8.GetBytes(text);
        var payload = new byte[1 + 4 + 4 + words.Length + 4];
        payload[0] = Disconnect;
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(1), reason);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(5), words.Length);
        words.CopyTo(payload, 9);
        talk.Write(Packet(payload, call));
        await talk.FlushAsync(cancellationToken);
    }

    private static byte[] Algorithm(ServiceCall call)
    {
        var payload = new List<byte> { KexInit };
        var cookie = new byte[16];
        ServiceChance.Of(call).Fill(cookie);
        payload.AddRange(cookie);
        var length = new byte[4];
        foreach (var names in Algorithms)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, names.Length);
            payload.AddRange(length);
            payload.AddRange(Encoding.ASCII.GetBytes(names));
        }

        // No guessed packet follows; the last four bytes are reserved.
        payload.AddRange(new byte[5]);
        return [.. payload];
    }

    // RFC 4253 section 6: a multiple of eight bytes, with at least four of padding.
    private static byte[] Packet(byte[] payload, ServiceCall call)
    {
        var padding = 8 - ((5 + payload.Length) % 8);
        padding += padding < 4 ? 8 : 0;
        var packet = new byte[5 + payload.Length + padding];
        BinaryPrimitives.WriteInt32BigEndian(packet, packet.Length - 4);
        packet[4] = (byte)padding;
        payload.CopyTo(packet, 5);
        ServiceChance.Of(call).Fill(packet.AsSpan(5 + payload.Length));
        return packet;
    }

    private static string? CheckVersion(string value) =>
        value.Length is > 0 and <= 200 && value.All(static c => c is > ' ' and < (char)0x7f || c == ' ')
            ? null
            : $"is visible ASCII of at most 200 characters, not \"{value}\"";
}
