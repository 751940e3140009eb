using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// MySQL and MariaDB: the server's first packet, Protocol::HandshakeV10, or an ERR_Packet where the client is not let in (MySQL Internals,
/// "Connection Phase"). A client that breaks off is counted, and after max_connect_errors of them its host is blocked: there is one
/// connection, and where the server offers TLS, it is opened on that one.
/// </summary>
internal sealed class MySqlProtocol() : ServiceProtocol("mysql", 3306)
{
    // A MariaDB of version 10 and 11 calls itself so for old clients of replication.
    private const string OldPrefix = "5.5.5-";

    // SSLRequest, number 1: CLIENT_LONG_PASSWORD, PROTOCOL_41, SSL, SECURE_CONNECTION and PLUGIN_AUTH; packets up to 16 MiB; utf8mb4. The
    // handshake follows it at once.
    private static readonly TlsUpgrade SslRequest = new(
        new ServiceProbe("MySQL SSLRequest", [32, 0, 0, 1, 0x01, 0x8A, 0x08, 0, 0, 0, 0, 1, 45, .. new byte[23]]), IsWhole: null,
        static _ => true)
    {
        IsOffered = static greeting => OffersTls(greeting.Span),
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [.. SslRequest.Probes];

    /// <inheritdoc/>
    public override TlsUpgrade Upgrade => SslRequest;

    /// <inheritdoc/>
    public override bool CountsConnections => true;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.Length < 5)
        {
            return reply.Asked is null && bytes is [_] or [_, <= 4] or [_, <= 4, 0] or [_, <= 4, 0, 0]
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        var length = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
        if (bytes[3] is not (0 or 1) || bytes[4] is not (10 or 255) || length is < 10 or > 1024)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 4 + length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var packet = bytes.Slice(4, length);
        return packet[0] == 10 ? ReadHandshake(packet) : ReadError(packet);
    }

    // CLIENT_SSL among the lower capabilities of the greeting.
    private static bool OffersTls(ReadOnlySpan<byte> greeting)
    {
        if (greeting.Length < 6 || greeting[4] != 10)
        {
            return false;
        }

        var end = greeting[5..].IndexOf((byte)0);
        var at = 5 + end + 1 + 4 + 8 + 1;
        return end > 0 && greeting.Length >= at + 2 && (greeting[at + 1] & 0x08) != 0;
    }

    private ReplyReading ReadHandshake(ReadOnlySpan<byte> packet)
    {
        // Version in text, a zero, thread, 8 bytes, a zero, capabilities …
        var end = packet[1..].IndexOf((byte)0);
        if (end is < 1 or > 64 || packet.Length < end + 2 + 4 + 8 + 1 + 2 || packet[end + 2 + 12] != 0
            || ReplyText.Of(packet.Slice(1, end)) is not { } version)
        {
            return ReplyReading.Foreign;
        }

        var isMariaDb = version.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);
        if (isMariaDb && version.StartsWith(OldPrefix, StringComparison.Ordinal))
        {
            version = version[OldPrefix.Length..];
        }

        // "10.11.19-MariaDB-0+deb12u1", "8.0.36", "8.0.35-27 Percona …"
        var dash = version.IndexOf('-', StringComparison.Ordinal);
        var number = dash < 0 ? version : version[..dash];
        var info = dash < 0 ? null : version[(dash + 1)..];
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = isMariaDb ? "MariaDB" : "MySQL",
            Version = number,
            Info = info is null or "MariaDB"
                ? null
                : info.StartsWith("MariaDB-", StringComparison.Ordinal) ? info["MariaDB-".Length..] : info,
            Cpes = Cpe.Of(isMariaDb ? "mariadb:mariadb" : "oracle:mysql", number),
        });
    }

    private ReplyReading ReadError(ReadOnlySpan<byte> packet)
    {
        // 255, code, then text; before the capabilities are agreed there is no state marker, and some servers send one all the same.
        var code = BinaryPrimitives.ReadUInt16LittleEndian(packet[1..]);
        var text = packet[3..];
        if (text is [(byte)'#', ..] && text.Length > 6)
        {
            text = text[6..];
        }

        var said = ReplyText.Of(text);
        return code is >= 1000 and < 4000 && said is { Length: > 8 }
            ? ReplyReading.Certain(new IdentifiedService(Name)
            {
                Product = said.Contains("MariaDB", StringComparison.Ordinal)
                    ? "MariaDB"
                    : said.Contains("MySQL", StringComparison.Ordinal) ? "MySQL" : null,
                Info = $"error {code}: {said}",
            })
            : ReplyReading.Foreign;
    }
}
