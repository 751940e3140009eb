using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Android Debug Bridge: CNXN, answered with CNXN, with AUTH where a key is wanted, or with STLS (AOSP, packages/modules/adb,
/// protocol.txt). No key is sent and no stream is opened. From the specification only.
/// </summary>
internal sealed class AdbProtocol() : ServiceProtocol("adb", 5555)
{
    private const int HeaderLength = 24;

    private static readonly byte[] Identity = [.. "host::\0"u8];

    private static readonly ServiceProbe Connect = new("ADB CNXN", Message());

    /// <inheritdoc/>
    public override ServiceProbe Opening => Connect;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Connect) || !(ReplyText.MayBegin(bytes, "CNXN"u8) || ReplyText.MayBegin(bytes, "AUTH"u8)
            || ReplyText.MayBegin(bytes, "STLS"u8)))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        // The last word of the header is the first one's complement.
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]) != ~BinaryPrimitives.ReadUInt32LittleEndian(bytes) || length > 4096)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength + length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var body = bytes.Slice(HeaderLength, (int)length);
        if (body.SequenceEqual(Identity))
        {
            return ReplyReading.Foreign;
        }

        // "device::ro.product.name=…;ro.product.model=…;ro.product.device=…;features=…"
        var model = ReplyText.Behind(body, "ro.product.model="u8, ";"u8);
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Info = bytes[0] switch
            {
                (byte)'A' => "a key is wanted",
                (byte)'S' => "TLS is wanted",
                _ => model is null ? "no key is wanted" : $"no key is wanted; {model}",
            },
            OperatingSystem = body.StartsWith("device:"u8) ? "Android" : null,
            Confidence = 8,
        });
    }

    private static byte[] Message()
    {
        // Command, version, most bytes of a message, length, sum of the bytes, complement.
        var message = new byte[HeaderLength + Identity.Length];
        "CNXN"u8.CopyTo(message);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(4), 0x0100_0000);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), 4096);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(12), Identity.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(16), Identity.Sum(static one => one));
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(20), ~BinaryPrimitives.ReadUInt32LittleEndian(message));
        Identity.CopyTo(message, HeaderLength);
        return message;
    }
}
