namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// The rsync daemon: <c>@RSYNCD: 31.0</c> unasked (rsync, clientserver.c). The number is the protocol's, not the program's.
/// </summary>
internal sealed class RsyncProtocol() : ServiceProtocol("rsync", 873)
{
    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var line = ReplyText.FirstLine(reply.Bytes);
        if (line.StartsWith("@RSYNCD: "u8) && ReplyText.HasLine(reply.Bytes))
        {
            var words = line["@RSYNCD: "u8.Length..];
            var space = words.IndexOf((byte)' ');
            return char.IsAsciiDigit((char)(words.IsEmpty ? 0 : words[0]))
                ? ReplyReading.Certain(new IdentifiedService(Name)
                {
                    Product = "rsync",
                    Info = $"protocol {ReplyText.Of(space < 0 ? words : words[..space])}",
                })
                : ReplyReading.Foreign;
        }

        return line.Length > 0 && ("@RSYNCD: "u8.StartsWith(line) || (line.StartsWith("@RSYNCD: "u8) && line.Length < 200))
            ? ReplyReading.UnlessEnded(reply)
            : ReplyReading.Foreign;
    }
}
