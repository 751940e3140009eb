namespace Portolan.Scan.Identification.Protocols;

/// <summary>STOMP: a frame whose command does not exist, answered with an ERROR frame (STOMP 1.2, "ERROR"). Nobody logs in.</summary>
internal sealed class StompProtocol() : ServiceProtocol("stomp", 61613)
{
    private static readonly ServiceProbe Unknown = new("STOMP frame PORTOLAN", "PORTOLAN\n\n\0"u8);

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [61614];

    /// <inheritdoc/>
    public override ServiceProbe Opening => Unknown;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Waits;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes.TrimStart("\r\n"u8);
        if (!bytes.StartsWith("ERROR\n"u8) && !bytes.StartsWith("ERROR\r\n"u8))
        {
            return ReferenceEquals(reply.Asked, Unknown) && ReplyText.MayBegin(bytes, "ERROR\n"u8) ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        // Headers are name:value, up to an empty line; a body ends with a zero.
        var rest = bytes[6..].TrimStart((byte)'\n');
        var (message, headers) = ((string?)null, 0);
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (line.IsEmpty)
            {
                return headers == 0 ? ReplyReading.Foreign
                    : rest.Contains((byte)0) ? ReplyReading.Certain(Describe(bytes, message))
                    : ReplyReading.UnlessEnded(reply);
            }

            var colon = line.IndexOf((byte)':');
            if (colon <= 0 && !rest.IsEmpty)
            {
                return ReplyReading.Foreign;
            }

            headers++;
            message = line.StartsWith("message:"u8) ? ReplyText.Of(line[8..]) : message;
        }

        return reply.Bytes.Length < 2048 && ReferenceEquals(reply.Asked, Unknown) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
    }

    private IdentifiedService Describe(ReadOnlySpan<byte> frame, string? message)
    {
        // "server:RabbitMQ/3.10.8" where it says so; ActiveMQ sends its own exceptions.
        var isActiveMq = frame.IndexOf("org.apache.activemq."u8) >= 0;
        var (name, version) = ReplyText.Behind(frame, "\nserver:"u8, []) is { } server
            ? ReplyText.Product(System.Text.Encoding.UTF8.GetBytes(server)) : default;
        return new IdentifiedService(Name)
        {
            Product = isActiveMq ? "Apache ActiveMQ" : name,
            Version = version,
            Info = message,
            Cpes = isActiveMq ? Cpe.Of("apache:activemq", null) : name == "RabbitMQ"
                ? Cpe.Of("vmware:rabbitmq", version) : [],
        };
    }
}
