namespace Portolan.Scan.Identification.Protocols;

/// <summary>Echo: what was asked comes back, byte for byte (RFC 862).</summary>
internal sealed class EchoProtocol() : ServiceProtocol("echo", 7)
{
    private static readonly ServiceProbe Text = new("echo text", "portolan-echo\r\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Text;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override bool ReadsFirst => true;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Any question comes back, and no protocol's reply to one is the question itself, but for RTMP's long one.
        var (bytes, question) = (reply.Bytes.Length, reply.Question.Length);
        return question is < 8 or > 1024 || bytes == 0 || !reply.Question.StartsWith(reply.Bytes[..Math.Min(bytes, question)])
            ? ReplyReading.Foreign
            : bytes >= question ? ReplyReading.Certain(new IdentifiedService(Name))
            : ReplyReading.UnlessEnded(reply);
    }
}
