namespace Portolan.Scan.Identification.Protocols;

/// <summary>Chargen: lines of 72 characters of ASCII in turn, unasked (RFC 864).</summary>
internal sealed class ChargenProtocol() : ServiceProtocol("chargen", 19)
{
    private const int LineLength = 72;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        for (var i = 0; i < Math.Min(bytes.Length, LineLength); i++)
        {
            // The next printable character each; behind ~ (or DEL) comes the space.
            if (bytes[i] is < 0x20 or > 0x7F
                || (i > 0 && bytes[i] != bytes[i - 1] + 1 && !(bytes[i] == 0x20 && bytes[i - 1] is 0x7E or 0x7F)))
            {
                return ReplyReading.Foreign;
            }
        }

        return bytes.Length < 8
            ? ReplyReading.Foreign
            : bytes.Length >= LineLength ? ReplyReading.Certain(new IdentifiedService(Name)) : ReplyReading.UnlessEnded(reply);
    }
}
