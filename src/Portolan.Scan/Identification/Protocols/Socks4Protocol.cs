namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// SOCKS 4: a command that does not exist, which is rejected with eight bytes (Ying-Da Lee, "SOCKS: A protocol for TCP proxy across
/// firewalls"). No connection is asked for.
/// </summary>
internal sealed class Socks4Protocol() : ServiceProtocol("socks4", 1080, 9050)
{
    private static readonly ServiceProbe Unknown = new("SOCKS4 command 254", [4, 254, 0, 0, 0, 0, 0, 0, 0]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Unknown;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Version 0, then 91: rejected or failed; port and address, which are to be ignored.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Unknown) || bytes.IsEmpty || bytes[0] != 0 || bytes.Length > 8
            || (bytes.Length > 1 && bytes[1] != 91))
        {
            return ReplyReading.Foreign;
        }

        return bytes.Length < 8 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Certain(new IdentifiedService(Name));
    }
}
