namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// IEC 60870-5-104: TESTFR act, which only tests the connection (clause 5.2). STARTDT, which begins the transfer of data, is never sent.
/// </summary>
internal sealed class Iec104Protocol() : ServiceProtocol("iec-104", 2404)
{
    private static readonly ServiceProbe Test = new("IEC 104 TESTFR act", [0x68, 4, 0x43, 0, 0, 0]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Test;

    /// <inheritdoc/>
    public override int Rarity => 10;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        ReadOnlySpan<byte> confirmed = [0x68, 4, 0x83, 0, 0, 0];
        return !ReferenceEquals(reply.Asked, Test) || reply.Bytes.IsEmpty ? ReplyReading.Foreign
            : reply.Bytes.StartsWith(confirmed) ? ReplyReading.Certain(new IdentifiedService(Name))
            : confirmed.StartsWith(reply.Bytes) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
    }
}
