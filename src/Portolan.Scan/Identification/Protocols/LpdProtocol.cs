namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// The line printer daemon: the short state of a queue that does not exist (RFC 1179 section 5.3). A printer may print what it does not
/// know, so the port is only listened to, and bytes go there only with <c>--allports</c>.
/// </summary>
internal sealed class LpdProtocol() : ServiceProtocol("printer", 515)
{
    private static readonly ServiceProbe State = new("LPD short queue state", "\u0003portolan\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => State;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // What the protocol leaves open, servers say so: LPRng, the lpd of BSD.
        var line = ReplyText.FirstLine(reply.Bytes);
        var isLprng = line.StartsWith("Printer 'portolan@"u8) || line.StartsWith("Printer: portolan@"u8);
        var isBsd = line.StartsWith("lpd: portolan: "u8)
            || (line.IndexOf(": lpd: "u8) > 0 && line.IndexOf("portolan"u8) > 0);
        return !ReferenceEquals(reply.Asked, State) || line.IsEmpty ? ReplyReading.Foreign
            : isLprng || isBsd
                ? ReplyReading.Certain(new IdentifiedService(Name) { Product = isLprng ? "LPRng" : null, Confidence = isLprng ? 10 : 8 })
            : !ReplyText.HasLine(reply.Bytes) && line[0] is (byte)'P' or (byte)'l' ? ReplyReading.UnlessEnded(reply)
            : ReplyReading.Foreign;
    }
}
