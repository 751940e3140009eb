using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Erlang distribution: a node's name, answered with its status and a challenge that holds the peer's name (Erlang, "Distribution
/// Protocol", "Distribution Handshake"). The challenge is not answered, so no login is attempted.
/// </summary>
internal sealed class ErlangProtocol() : ServiceProtocol("erlang-dist", 25672)
{
    // 'N', the flags that OTP 25 wants (and the handshake of OTP 23), creation 1, the name.
    private static readonly ServiceProbe SendName = new("Erlang distribution send_name", Message());

    /// <inheritdoc/>
    public override ServiceProbe Opening => SendName;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Waits;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Each message behind two bytes of length: status 's' and a word, challenge 'n' or 'N'.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, SendName) || !ReplyText.MayBegin(bytes, [0]) || (bytes.Length > 1 && bytes[1] is < 3 or > 30)
            || (bytes.Length > 2 && bytes[2] != 's'))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 4 || bytes.Length < 2 + bytes[1])
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var status = bytes.Slice(3, bytes[1] - 1);
        if (!status.SequenceEqual("ok"u8) && !status.SequenceEqual("ok_simultaneous"u8) && !status.SequenceEqual("nok"u8)
            && !status.SequenceEqual("not_allowed"u8)
            && !status.SequenceEqual("alive"u8) && !status.StartsWith("named:"u8))
        {
            return ReplyReading.Foreign;
        }

        var challenge = bytes[(2 + bytes[1])..];
        var node = NodeOf(challenge);
        if (node is null && !reply.IsEnded)
        {
            return ReplyReading.Incomplete;
        }

        var at = node?.IndexOf('@', StringComparison.Ordinal) ?? -1;
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Info = node is null ? $"status {ReplyText.Of(status)}" : $"node {node}",
            HostName = at < 0 ? null : node![(at + 1)..],
        });
    }

    // 'N': flags 8, challenge 4, creation 4, length 2, name. 'n': version 2, flags 4, challenge 4, name.
    private static string? NodeOf(ReadOnlySpan<byte> message)
    {
        if (message.Length < 3)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(message);
        var body = message[2..];
        if (body.Length < length || length is < 12 or > 512)
        {
            return null;
        }

        body = body[..length];
        if (body[0] == 'n')
        {
            return ReplyText.Of(body[11..]);
        }

        if (body[0] != 'N' || body.Length < 19)
        {
            return null;
        }

        var name = BinaryPrimitives.ReadUInt16BigEndian(body[17..]);
        return name <= body.Length - 19 ? ReplyText.Of(body.Slice(19, name)) : null;
    }

    private static byte[] Message()
    {
        // Extended references, funs and ports, export and new tags, bit binaries, UTF-8 atoms, maps, big creations, handshake of OTP 23;
        // unlink ids and
        // fragments of V4.
        const ulong Flags = 0x4 | 0x10 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800
            | 0x10000 | 0x20000 | 0x40000 | 0x1000000 | 0x2000000 | 0x4_0000_0000;
        var name = "portolan@invalid"u8;
        byte[] message = [0, 0, (byte)'N', .. new byte[14], .. name];
        BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)(message.Length - 2));
        BinaryPrimitives.WriteUInt64BigEndian(message.AsSpan(3), Flags);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(11), 1);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(15), (ushort)name.Length);
        return message;
    }
}
