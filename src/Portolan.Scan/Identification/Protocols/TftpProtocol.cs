namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// TFTP: a read request of a file that is nowhere (RFC 1350 section 5). The error comes from another port, which the server takes for the
/// transfer (section 4).
/// </summary>
internal sealed class TftpProtocol() : ServiceProtocol("tftp", 69)
{
    private static readonly ServiceProbe Request =
        new("TFTP read request of no file", [0, 1, .. "portolan-no-such-file"u8, 0, .. "octet"u8, 0]) { IsAnsweredFromAnyPort = true };

    /// <inheritdoc/>
    public override ServiceProbe Opening => Request;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // ERROR, one of the codes of RFC 1350 and RFC 2347, a text, a zero at the end and nowhere else.
        var bytes = reply.Bytes;
        return ReferenceEquals(reply.Asked, Request) && bytes is [0, 5, 0, <= 8, .., 0] && bytes[4..].IndexOf((byte)0) == bytes.Length - 5
            ? ReplyReading.Certain(new IdentifiedService(Name) { Info = ReplyText.Of(bytes[4..^1]) })
            : ReplyReading.Foreign;
    }
}
