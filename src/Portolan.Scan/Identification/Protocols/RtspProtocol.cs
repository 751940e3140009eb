using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>RTSP: <c>OPTIONS</c> (RFC 2326 sections 7.1 and 10.1, RFC 7826). Nothing is described, set up or played.</summary>
internal sealed class RtspProtocol() : ServiceProtocol("rtsp", 554, 8554, 5554, 7070)
{
    private static readonly ServiceProbe Options = new("RTSP OPTIONS", static target =>
        Encoding.ASCII.GetBytes($"OPTIONS rtsp://{target.Host}:{target.Port}/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Portolan\r\n\r\n"));

    /// <inheritdoc/>
    public override ServiceProbe Opening => Options;

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [322];

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 7;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!bytes.StartsWith("RTSP/1.0 "u8) && !bytes.StartsWith("RTSP/2.0 "u8))
        {
            return ReplyText.MayBegin(bytes, "RTSP/"u8) && bytes.Length is > 2 and < 9 ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        if (bytes.IndexOf("\r\n\r\n"u8) < 0 && !reply.IsEnded)
        {
            return ReplyReading.Incomplete;
        }

        string? server = null;
        var rest = bytes;
        while (ReplyText.TryLine(ref rest, out var line) && !line.IsEmpty)
        {
            server = ReplyText.Begins(line, "Server:"u8) ? ReplyText.Of(line["Server:"u8.Length..]) : server;
        }

        var (name, version) = server is null ? default : ReplyText.Product(Encoding.UTF8.GetBytes(server));
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = name,
            Version = version,
            Info = $"status {ReplyText.Of(ReplyText.FirstLine(bytes)["RTSP/1.0 "u8.Length..])}",
        });
    }
}
