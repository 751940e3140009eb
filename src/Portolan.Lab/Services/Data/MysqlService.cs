using System.Text;

namespace Portolan.Lab.Services.Data;

/// <summary>The greeting of MySQL; then whoever it is has no access.</summary>
internal sealed class MysqlService : StreamService
{
    private const int AccessDenied = 1045;
    private const int NameOffset = 32;

    public override string Name => "mysql";

    public override string Summary => "the greeting of MySQL; logins are refused";

    public override PortNumber? UsualPort => new(3306);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
        [new("version", "the version it claims; by default 8.0.0") { Check = SettingChecks.Line }];

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        var talk = new LineTalk(stream);
        talk.Write(Packet(0, Greeting(call)));
        await talk.FlushAsync(cancellationToken);
        var header = new byte[4];
        if (!await talk.ReadExactlyAsync(header, cancellationToken))
        {
            return;
        }

        // Three bytes of length, little-endian, and a number that counts.
        var length = header[0] | (header[1] << 8) | (header[2] << 16);
        var body = new byte[Math.Min(length, 4096)];
        if (!await talk.ReadExactlyAsync(body, cancellationToken))
        {
            return;
        }

        var end = body.Length > NameOffset ? Array.IndexOf(body, (byte)0, NameOffset) : -1;
        var user = end > 0
            ? new string([.. Encoding.UTF8.GetString(body.AsSpan(NameOffset..end)).Take(32).Where(static c => !char.IsControl(c))])
            : "";
        var hasPassword = end > 0 && end + 1 < body.Length && body[end + 1] != 0;
        var text = $"Access denied for user '{user}'@'{call.Remote.Address}' (using password: {(hasPassword ? "YES" : "NO")})";
        talk.Write(Packet(
            (byte)(header[3] + 1), [255, AccessDenied & 255, AccessDenied >> 8, .. "#28000"u8, .. Encoding.UTF8.GetBytes(text)]));
        await talk.FlushAsync(cancellationToken);
    }

    // Protocol 10: version, connection, challenge, capabilities, character set, status, and the way to log in.
    private static byte[] Greeting(ServiceCall call)
    {
        var challenge = new byte[20];
        ServiceChance.Of(call).Fill(challenge);
        for (var i = 0; i < challenge.Length; i++)
        {
            challenge[i] = (byte)(33 + (challenge[i] % 94));
        }

        var port = call.Remote.Port;
        return
        [
            10, .. Encoding.UTF8.GetBytes(call.Setting("version", "8.0.0")), 0, (byte)port, (byte)(port >> 8), 0, 0, .. challenge[..8], 0,
            0x05, 0xa2, 33, 2, 0, 0x08, 0x00, 21, .. new byte[10], .. challenge[8..], 0, .. "mysql_native_password\0"u8,
        ];
    }

    private static byte[] Packet(byte number, byte[] body) =>
        [(byte)body.Length, (byte)(body.Length >> 8), (byte)(body.Length >> 16), number, .. body];
}
