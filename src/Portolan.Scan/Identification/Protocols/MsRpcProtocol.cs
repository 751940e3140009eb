using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// DCE/RPC over TCP, Microsoft's RPC: a bind to the management interface that every endpoint has, answered with bind_ack, bind_nak or a
/// fault (C706 sections 12.6.4.3 to 12.6.4.5, MS-RPCE section 2.2.2). Nothing is called.
/// </summary>
internal sealed class MsRpcProtocol() : ServiceProtocol("msrpc", 135, 593, 1025, 1026, 49152, 49153, 49154, 49155)
{
    private const uint CallId = 0x506F7274;
    private const int HeaderLength = 16;

    // Version 5.0, bind, first and last fragment, little-endian; one context: management interface afa8bd80-7d8a-11c9-bef4-08002b102989
    // 1.0, NDR 2.0.
    private static readonly ServiceProbe Bind = new("MSRPC bind to the management interface",
    [
        5, 0, 11, 3, 0x10, 0, 0, 0, 72, 0, 0, 0, 0x74, 0x72, 0x6F, 0x50, 0xB8, 0x10, 0xB8, 0x10, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0,
        0x80, 0xBD, 0xA8, 0xAF, 0x8A, 0x7D, 0xC9, 0x11, 0xBE, 0xF4, 8, 0, 0x2B, 0x10, 0x29, 0x89, 1, 0, 0, 0,
        4, 0x5D, 0x88, 0x8A, 0xEB, 0x1C, 0xC9, 0x11, 0x9F, 0xE8, 8, 0, 0x2B, 0x10, 0x48, 0x60, 2, 0, 0, 0,
    ]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Bind;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Waits;

    /// <inheritdoc/>
    public override int Rarity => 7;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Version 5, a type that servers send, little-endian ASCII and IEEE.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Bind) || bytes.IsEmpty || bytes[0] != 5 || (bytes.Length > 1 && bytes[1] > 1)
            || (bytes.Length > 2 && bytes[2] is not (3 or 12 or 13)))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        if (length is < HeaderLength or > 5840 || BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) != CallId)
        {
            return ReplyReading.Foreign;
        }

        return bytes.Length < length
            ? ReplyReading.UnlessEnded(reply)
            : ReplyReading.Certain(new IdentifiedService(Name)
            {
                Info = bytes[2] switch { 12 => Port(bytes[..length]), 13 => "the bind is refused", _ => "fault" },
            });
    }

    // bind_ack: fragment sizes and group, then the secondary address: its length, the port as text, a zero.
    private static string? Port(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderLength + 10)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[24..]);
        return length is > 1 and < 64 && bytes.Length >= 26 + length && ReplyText.Of(bytes.Slice(26, length)) is { } address
            ? $"endpoint {address}" : null;
    }
}
