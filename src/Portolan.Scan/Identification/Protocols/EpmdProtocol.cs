using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Erlang's port mapper: NAMES_REQ, answered with its own port and a line for each node (Erlang, "Distribution Protocol", "EPMD Protocol").
/// </summary>
internal sealed class EpmdProtocol() : ServiceProtocol("epmd", 4369)
{
    private const int MaxLength = IdentifiedService.MaxTextLength;

    private static readonly ServiceProbe Names = new("EPMD NAMES_REQ", [0, 1, (byte)'n']);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Names;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Names) || !ReplyText.MayBegin(bytes, [0, 0]))
        {
            return ReplyReading.Foreign;
        }

        if (!reply.IsEnded)
        {
            return bytes.Length <= 4 || ReplyText.MayBegin(bytes[4..], "name "u8) ? ReplyReading.Incomplete : ReplyReading.Foreign;
        }

        // The list ends with the connection. An empty one is known by the usual port alone.
        if (bytes.Length == 4)
        {
            return BinaryPrimitives.ReadUInt32BigEndian(bytes) == 4369
                ? ReplyReading.Certain(new IdentifiedService(Name) { Info = "no nodes" }) : ReplyReading.Foreign;
        }

        if (bytes.Length < 4 || !bytes[4..].StartsWith("name "u8) || bytes.IndexOf(" at port "u8) < 0)
        {
            return ReplyReading.Foreign;
        }

        var nodes = new List<string>();
        var rest = bytes[4..];
        while (nodes.Count < 8 && ReplyText.TryLine(ref rest, out var line))
        {
            if (ReplyText.Behind(line, "name "u8, " "u8) is { } node && ReplyText.Behind(line, " at port "u8, " "u8) is { } port)
            {
                nodes.Add($"{node} at port {port}");
            }
        }

        var all = string.Join("; ", nodes);
        return ReplyReading.Certain(new IdentifiedService(Name) { Info = all.Length <= MaxLength ? all : $"{nodes.Count} nodes" });
    }
}
