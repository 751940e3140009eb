namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// DICT: <c>220</c>, words of the server's own, its capabilities and a message id in angle brackets, unasked (RFC 2229 section 3.1).
/// </summary>
internal sealed class DictProtocol() : ServiceProtocol("dict", 2628)
{
    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!bytes.StartsWith("220 "u8) || !ReplyText.HasLine(bytes))
        {
            return ReplyText.MayBegin(bytes, "220 "u8) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        // "<auth.mime> <6.613.1795403812@harbour.example>" at the line's end; POP3 and others have one pair of brackets at most.
        var line = ReplyText.FirstLine(bytes).TrimEnd((byte)' ');
        var id = line.LastIndexOf("> <"u8);
        var capabilities = id < 0 ? -1 : line[..id].LastIndexOf((byte)'<');
        if (capabilities < 4 || line[^1] != '>' || line[id..].IndexOf((byte)'@') < 0)
        {
            return ReplyReading.Foreign;
        }

        var words = (ReplyText.Of(line[4..capabilities]) ?? "").Split(' ');
        var dictd = Array.IndexOf(words, "dictd");
        var system = Array.IndexOf(words, "on");
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = dictd > 0 ? "dictd" : null,
            Version = dictd > 0 && dictd + 1 < words.Length ? words[dictd + 1].Split('/')[0] : null,
            OperatingSystem = dictd > 0 && system > dictd && system + 1 < words.Length ? string.Join(' ', words[(system + 1)..]) : null,
            HostName = dictd == 1 ? words[0] : null,
        });
    }
}
