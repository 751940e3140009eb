using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// iSCSI: a login request that stays in the security stage and asks for no other (RFC 7143 sections 6.3, 11.12 and 11.13). The login is
/// never completed: the response tells that a target is there, and nothing follows.
/// </summary>
internal sealed class IscsiProtocol() : ServiceProtocol("iscsi-target", 3260, 860)
{
    private const int HeaderLength = 48;
    private const uint Tag = 0x506F7274;

    private static readonly ServiceProbe Login = new("iSCSI login request, security stage", Request());

    /// <inheritdoc/>
    public override ServiceProbe Opening => Login;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Waits;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Login) || bytes.IsEmpty || bytes[0] is not (0x23 or 0x3F))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        // Login response or reject; our tag (a reject has none); lengths.
        var length = (bytes[5] << 16) | (bytes[6] << 8) | bytes[7];
        var tag = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
        if (bytes[4] != 0 || length > 8192 || tag != (bytes[0] == 0x23 ? Tag : uint.MaxValue)
            || (bytes[0] == 0x23 && (bytes[2] != 0 || bytes[3] != 0 || bytes[36] > 3)))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength + length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var text = bytes.Slice(HeaderLength, length);
        var authentication = Value(text, "AuthMethod="u8);
        var status = FormattableString.Invariant($"login status {bytes[36]}/{bytes[37]}");
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Info = bytes[0] == 0x3F ? "the login is rejected" : bytes[36] > 1 ? status : authentication is null ? null
                : $"authentication {authentication}",
        });
    }

    private static string? Value(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        var at = text.IndexOf(key);
        var rest = at < 0 ? default : text[(at + key.Length)..];
        return ReplyText.Of(rest.IndexOf((byte)0) is >= 0 and var end ? rest[..end] : rest);
    }

    private static byte[] Request()
    {
        // Keys end with a zero each; the data ends at a multiple of four.
        var keys = "InitiatorName=iqn.2000-01.invalid.portolan:asks\0SessionType=Discovery\0AuthMethod=CHAP,None\0"u8;
        var request = new byte[HeaderLength + ((keys.Length + 3) & ~3)];
        (request[0], request[7], request[8]) = (0x43, (byte)keys.Length, 0x80);
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(16), Tag);
        keys.CopyTo(request.AsSpan(HeaderLength));
        return request;
    }
}
