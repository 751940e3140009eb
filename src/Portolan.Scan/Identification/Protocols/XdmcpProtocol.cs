using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// XDMCP: a Query (X Display Manager Control Protocol, "Packet formats"). The manager is willing or not, and names its host either way.
/// </summary>
internal sealed class XdmcpProtocol() : ServiceProtocol("xdmcp", 177)
{
    private const ushort Willing = 5;
    private const ushort Unwilling = 6;

    // Version 1, opcode 2, length 1, no authentication names.
    private static readonly ServiceProbe Query = new("XDMCP Query", [0, 1, 0, 2, 0, 1, 0]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Query;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Query) || bytes.Length < 10 || bytes[0] != 0 || bytes[1] != 1
            || BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) != bytes.Length - 6)
        {
            return ReplyReading.Foreign;
        }

        // Willing: authentication name, host name, status. Unwilling: host name, status.
        var opcode = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        var rest = bytes[6..];
        if (opcode is not (Willing or Unwilling) || (opcode == Willing && !TryField(ref rest, out _)) || !TryField(ref rest, out var host)
            || !TryField(ref rest, out var status) || !rest.IsEmpty)
        {
            return ReplyReading.Foreign;
        }

        var word = opcode == Willing ? "willing" : "unwilling";
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            HostName = ReplyText.Of(host),
            Info = ReplyText.Of(status) is { } said ? $"{word}: {said}" : word,
        });
    }

    private static bool TryField(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (rest.Length < 2 || BinaryPrimitives.ReadUInt16BigEndian(rest) is var length && rest.Length < 2 + length)
        {
            return false;
        }

        field = rest.Slice(2, length);
        rest = rest[(2 + length)..];
        return true;
    }
}
