namespace Portolan.Scan.Identification.Protocols;

/// <summary>Network block device: <c>NBDMAGIC</c> and the handshake's second magic unasked (NBD protocol, "Handshake phase").</summary>
internal sealed class NbdProtocol() : ServiceProtocol("nbd", 10809)
{
    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.Length < 16)
        {
            return bytes.Length > 0 && "NBDMAGIC"u8.StartsWith(bytes[..Math.Min(8, bytes.Length)])
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        return !bytes.StartsWith("NBDMAGIC"u8) ? ReplyReading.Foreign
            : bytes[8..].StartsWith("IHAVEOPT"u8) ? ReplyReading.Certain(new IdentifiedService(Name) { Info = "fixed newstyle handshake" })
            : bytes[8..].StartsWith((ReadOnlySpan<byte>)[0, 0, 0x42, 2, 0x81, 0x86, 0x12, 0x53])
            ? ReplyReading.Certain(new IdentifiedService(Name) { Info = "oldstyle handshake" })
            : ReplyReading.Foreign;
    }
}
