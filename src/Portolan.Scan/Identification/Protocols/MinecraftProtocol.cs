using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Minecraft, Java edition: the handshake for the status, answered with JSON (Minecraft Wiki, "Java Edition protocol", "Server List Ping").
/// No game is joined.
/// </summary>
internal sealed class MinecraftProtocol() : ServiceProtocol("minecraft", 25565)
{
    private static readonly ServiceProbe Status = new("Minecraft status", static target => Request(target));

    /// <inheritdoc/>
    public override ServiceProbe Opening => Status;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Waits;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (!ReferenceEquals(reply.Asked, Status) || reply.Bytes.IsEmpty)
        {
            return ReplyReading.Foreign;
        }

        // Length, packet 0, text.
        var rest = reply.Bytes;
        if (!VarInt.TryTake(ref rest, out var length))
        {
            return rest.Length < 5 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        if (length is < 8 or > 65536 || (rest.Length > 0 && rest[0] != 0))
        {
            return ReplyReading.Foreign;
        }

        var isStart = rest.Length > 6 && rest.Slice(1, 6).Contains((byte)'{');
        if (rest.Length > 6 && !isStart)
        {
            return ReplyReading.Foreign;
        }

        if (rest.Length < length && !reply.IsEnded)
        {
            return ReplyReading.Incomplete;
        }

        var text = rest[..Math.Min(rest.Length, (int)length)];
        var at = text.IndexOf("\"version\""u8);
        if (!isStart || at < 0 || text.IndexOf("\"protocol\""u8) < 0 || text.IndexOf("\"players\""u8) < 0)
        {
            return ReplyReading.Foreign;
        }

        // "1.20.1", "Paper 1.20.1", "Velocity 1.7.2-1.21.4": what stands before the number is the server's own name.
        var name = ReplyText.Behind(text[at..], "\"name\":\""u8, "\""u8) ?? ReplyText.Behind(text[at..], "\"name\": \""u8, "\""u8);
        var space = name?.LastIndexOf(' ') ?? -1;
        var version = name is null ? null : ReplyText.LeadingVersion(Encoding.UTF8.GetBytes(name[(space + 1)..]));
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = version is null || space < 0 ? "Minecraft server" : name![..space],
            Version = version,
        });
    }

    private static byte[] Request(ServiceTarget target)
    {
        // Packet 0: protocol -1 (any), host, port, next state 1; then the status request.
        var host = Encoding.UTF8.GetBytes(target.Host);
        host = host.Length > 120 ? host[..120] : host;
        var port = target.Port.Value;
        byte[] body = [0, 0xFF, 0xFF, 0xFF, 0xFF, 15, (byte)host.Length, .. host, (byte)(port >> 8), (byte)port, 1];
        return body.Length < 128 ? [(byte)body.Length, .. body, 1, 0] : [(byte)(body.Length | 0x80), 1, .. body, 1, 0];
    }
}
