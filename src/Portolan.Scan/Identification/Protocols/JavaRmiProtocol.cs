using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Java RMI: the stream protocol's header, acknowledged with our own address (Java RMI specification, section 10.2). Nothing is called.
/// </summary>
internal sealed class JavaRmiProtocol() : ServiceProtocol("java-rmi", 1099, 1098, 1090, 9999)
{
    private static readonly ServiceProbe Header = new("Java RMI header", [.. "JRMI"u8, 0, 2, 0x4B]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Header;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // ProtocolAck, the client's address as text, its port in four bytes.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Header) || !ReplyText.MayBegin(bytes, [0x4E, 0]))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 3)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        if (length is < 2 or > 255)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 7 + length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var isAddress = bytes.Length == 7 + length && !bytes.Slice(3, length).ContainsAnyExceptInRange((byte)0x21, (byte)0x7E)
            && BinaryPrimitives.ReadUInt32BigEndian(bytes[(3 + length)..]) <= ushort.MaxValue;
        return isAddress ? ReplyReading.Certain(new IdentifiedService(Name)) : ReplyReading.Foreign;
    }
}
