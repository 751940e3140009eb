using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// EtherNet/IP: ListIdentity, which needs no session (The CIP Networks Library, volume 2, section 2-4.3). The answer repeats our context.
/// </summary>
internal sealed class EtherNetIpProtocol(bool isStream) : ServiceProtocol("ethernet-ip-2", 44818)
{
    private const int HeaderLength = 24;
    private const ushort Identity = 0x0C;

    private readonly ServiceProbe _list =
        new("EtherNet/IP ListIdentity", [0x63, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. "portolan"u8, 0, 0, 0, 0]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => _list;

    /// <inheritdoc/>
    public override int Rarity => 10;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, _list) || bytes.IsEmpty || bytes[0] != 0x63)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength)
        {
            return isStream ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        // A header alone is our own request, repeated by an echo, unless it has a status.
        int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        var status = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (bytes[1] != 0 || !bytes[12..].StartsWith("portolan"u8) || length > 2048 || (length == 0 && status == 0))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength + length)
        {
            return isStream ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        return ReplyReading.Certain(Describe(bytes.Slice(HeaderLength, length)));
    }

    // Items: a count; type, length. The identity: version, socket address, vendor, type, product, revision, status, serial number, name,
    // state.
    private IdentifiedService Describe(ReadOnlySpan<byte> items)
    {
        var service = new IdentifiedService(Name) { Info = "EtherNet/IP" };
        if (items.Length < 6 || BinaryPrimitives.ReadUInt16LittleEndian(items[2..]) != Identity)
        {
            return service;
        }

        var item = items[6..];
        if (item.Length < 33 || item.Length < 33 + item[32])
        {
            return service;
        }

        var (vendor, type) = (BinaryPrimitives.ReadUInt16LittleEndian(item[18..]), BinaryPrimitives.ReadUInt16LittleEndian(item[20..]));
        return service with
        {
            Product = ReplyText.Of(item.Slice(33, item[32])),
            Version = FormattableString.Invariant($"{item[24]}.{item[25]}"),
            Info = FormattableString.Invariant($"EtherNet/IP; vendor {vendor}; device type {type}"),
        };
    }
}
