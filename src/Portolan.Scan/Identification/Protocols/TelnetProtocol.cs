namespace Portolan.Scan.Identification.Protocols;

/// <summary>Telnet: option negotiation unasked, IAC WILL, WONT, DO or DONT (RFC 854). Nothing is sent.</summary>
internal sealed class TelnetProtocol() : ServiceProtocol("telnet", 23, 2323, 992)
{
    private const byte Iac = 255;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.Length < 3)
        {
            return bytes.Length > 0 && bytes[0] == Iac && (bytes.Length < 2 || bytes[1] is >= 250 and <= 254)
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        // Options of RFCs are below 50; a subnegotiation ends with IAC SE.
        if (reply.Asked is not null || bytes[0] != Iac || bytes[1] is not (>= 251 and <= 254) || bytes[2] is > 49 and < 255)
        {
            return ReplyReading.Foreign;
        }

        var text = TextIn(bytes);
        return ReplyReading.Certain(new IdentifiedService(Name) { Info = text is null ? null : $"says \"{text}\"" });
    }

    private static string? TextIn(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at + 2 < bytes.Length && bytes[at] == Iac)
        {
            at += 3;
        }

        var rest = at < bytes.Length ? bytes[at..] : default;
        return rest.IsEmpty || rest.Contains(Iac) ? null : ReplyText.Of(ReplyText.FirstLine(rest.TrimStart("\r\n"u8)));
    }
}
