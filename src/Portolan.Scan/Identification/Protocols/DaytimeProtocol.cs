namespace Portolan.Scan.Identification.Protocols;

/// <summary>Daytime: one line with the date, unasked, and the end of the connection (RFC 867).</summary>
internal sealed class DaytimeProtocol() : ServiceProtocol("daytime", 13)
{
    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        var text = ReplyText.Of(line);
        return reply.Asked is null && reply.IsEnded && line.Length is > 10 and < 60 && ReplyText.HasLine(reply.Bytes)
            && reply.Bytes.Length <= line.Length + 4
            && DateTimeOffset.TryParseExact(
                text, ["ddd MMM d HH:mm:ss yyyy", "ddd MMM  d HH:mm:ss yyyy", "dd MMM yyyy HH:mm:ss zzz"],
                System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out _)
            ? ReplyReading.Certain(new IdentifiedService(Name) { Info = text })
            : ReplyReading.Foreign;
    }
}
