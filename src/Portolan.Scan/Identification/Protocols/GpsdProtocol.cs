namespace Portolan.Scan.Identification.Protocols;

/// <summary>gpsd: a VERSION object unasked (gpsd_json(5)).</summary>
internal sealed class GpsdProtocol() : ServiceProtocol("gpsd", 2947)
{
    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        if (!line.StartsWith("{\"class\":\"VERSION\",\"release\":\""u8))
        {
            return line.Length > 0 && "{\"class\":\"VERSION\",\"release\":\""u8.StartsWith(line)
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        if (!ReplyText.HasLine(reply.Bytes))
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var version = ReplyText.Behind(line, "\"release\":\""u8, "\""u8);
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = "gpsd",
            Version = version,
            Cpes = Cpe.Of("gpsd_project:gpsd", version),
        });
    }
}
