using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// OpenWire, ActiveMQ's own protocol: WireFormatInfo unasked, with the provider's name and version (Apache ActiveMQ, "OpenWire Version 2
/// Specification").
/// </summary>
internal sealed class OpenWireProtocol() : ServiceProtocol("openwire", 61616)
{
    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [61617];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Length, type 1, magic, version, then a map of properties.
        var bytes = reply.Bytes;
        if (reply.Asked is not null || !ReplyText.MayBegin(bytes, [0, 0]) || bytes.Length < 5)
        {
            return reply.Asked is null && bytes.Length is > 1 and < 5 && bytes[0] == 0 && bytes[1] == 0 ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        if (bytes[4] != 1 || !ReplyText.MayBegin(bytes.Length > 5 ? bytes[5..] : "A"u8, "ActiveMQ"u8))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 4 + BinaryPrimitives.ReadUInt32BigEndian(bytes) || bytes.Length < 17)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var version = Text(bytes, "ProviderVersion"u8);
        var isActiveMq = Text(bytes, "ProviderName"u8) is "ActiveMQ";
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = isActiveMq ? "Apache ActiveMQ" : null,
            Version = isActiveMq ? version : null,
            Info = FormattableString.Invariant($"OpenWire {BinaryPrimitives.ReadUInt32BigEndian(bytes[13..])}"),
            Cpes = isActiveMq ? Cpe.Of("apache:activemq", version) : [],
        });
    }

    // Name, type 9, two bytes of length, text.
    private static string? Text(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> name)
    {
        var at = bytes.IndexOf(name);
        var rest = at < 0 ? default : bytes[(at + name.Length)..];
        if (rest.Length < 3 || rest[0] != 9)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
        return length <= rest.Length - 3 ? ReplyText.Of(rest.Slice(3, length)) : null;
    }
}
