namespace Portolan.Scan.Identification.Protocols;

/// <summary>NATS: <c>INFO {…}</c> unasked (NATS client protocol).</summary>
internal sealed class NatsProtocol() : ServiceProtocol("nats", 4222)
{
    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        if (!line.StartsWith("INFO {"u8))
        {
            return line.Length > 0 && "INFO {"u8.StartsWith(line) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        if (!ReplyText.HasLine(reply.Bytes) && !reply.IsEnded)
        {
            return ReplyReading.Incomplete;
        }

        if (line.IndexOf("\"server_id\":"u8) < 0)
        {
            return ReplyReading.Foreign;
        }

        var version = ReplyText.Behind(line, "\"version\":\""u8, "\""u8);
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = "NATS Server",
            Version = version,
            Info = line.IndexOf("\"auth_required\":true"u8) >= 0 ? "a login is wanted" : null,
            Cpes = Cpe.Of("linuxfoundation:nats-server", version),
        });
    }
}
