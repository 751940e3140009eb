namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// SMUX: a ClosePDU, <c>[APPLICATION 1] INTEGER</c>, to whatever is not an OpenPDU (RFC 1227 section 3.1). No peer registers.
/// </summary>
internal sealed class SmuxProtocol() : ServiceProtocol("smux", 199)
{
    /// <inheritdoc/>
    public override ServiceProbe Opening => FingerProtocol.EmptyLine;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // unsupportedVersion 1, packetFormat 2, protocolError 3, internalError 4, authenticationFailure 5.
        var bytes = reply.Bytes;
        if (reply.Asked is null || !ReplyText.MayBegin(bytes, [0x41, 1]) || bytes.Length > 3
            || (bytes.Length == 3 && bytes[2] is < 1 or > 5))
        {
            return ReplyReading.Foreign;
        }

        return !reply.IsEnded ? ReplyReading.Incomplete
            : bytes.Length == 3 ? ReplyReading.Certain(new IdentifiedService(Name) { Info = ReasonOf(bytes[2]) })
            : ReplyReading.Foreign;
    }

    private static string? ReasonOf(byte reason) => reason switch { 2 => "packet format", 3 => "protocol error", _ => null };
}
