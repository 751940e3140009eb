namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// RTMP: C0 and C1, answered with S0, S1 and our own bytes as S2 (Adobe's RTMP 1.0, section 5.2). Nothing is connected or played.
/// </summary>
internal sealed class RtmpProtocol() : ServiceProtocol("rtmp", 1935)
{
    private const int ChunkLength = 1536;

    // Version 3; time 0, zero, then bytes that come back.
    private static readonly ServiceProbe Hello = new("RTMP C0 and C1", [3, 0, 0, 0, 0, 0, 0, 0, 0, .. Bytes()]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Hello;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Waits;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Hello) || bytes.IsEmpty || bytes[0] != 3)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 1 + (2 * ChunkLength))
        {
            return ReplyReading.UnlessEnded(reply);
        }

        return bytes.Slice(1 + ChunkLength + 8, 64).SequenceEqual(Bytes().AsSpan(0, 64))
            ? ReplyReading.Certain(new IdentifiedService(Name)) : ReplyReading.Foreign;
    }

    private static byte[] Bytes()
    {
        var bytes = new byte[ChunkLength - 8];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)((i * 7) + 13);
        }

        return bytes;
    }
}
