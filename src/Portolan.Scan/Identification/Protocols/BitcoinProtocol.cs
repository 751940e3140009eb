using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Bitcoin: a <c>version</c> message, answered with the node's own (Bitcoin developer reference, "P2P Network", "Version"). Nothing is
/// acknowledged or relayed.
/// </summary>
internal sealed class BitcoinProtocol() : ServiceProtocol("bitcoin", 8333)
{
    private const int HeaderLength = 24;

    private static readonly ServiceProbe Version = new("Bitcoin version", Message());

    private static ReadOnlySpan<byte> MainNet => [0xF9, 0xBE, 0xB4, 0xD9];

    /// <inheritdoc/>
    public override ServiceProbe Opening => Version;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if ((reply.Asked is not null && !ReferenceEquals(reply.Asked, Version)) || !ReplyText.MayBegin(bytes, MainNet))
        {
            return ReplyReading.Foreign;
        }

        // Some send theirs unasked, and others send other messages before it.
        var rest = bytes;
        var isWhole = false;
        while (rest.Length >= HeaderLength && rest.StartsWith(MainNet) && char.IsAsciiLetter((char)rest[4]))
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(rest[16..]);
            if (length > 4096)
            {
                return ReplyReading.Foreign;
            }

            if (rest.Length < HeaderLength + length)
            {
                break;
            }

            var body = rest.Slice(HeaderLength, (int)length);
            if (rest[4..].StartsWith("version\0\0\0\0\0"u8) && length >= 85)
            {
                return ReadVersion(body);
            }

            isWhole = true;
            rest = rest[(HeaderLength + body.Length)..];
        }

        return isWhole && reply.IsEnded ? ReplyReading.Certain(new IdentifiedService(Name)) : ReplyReading.UnlessEnded(reply);
    }

    private ReplyReading ReadVersion(ReadOnlySpan<byte> body)
    {
        // Version, services, time, two addresses, nonce; then the agent's name, and the height.
        var agentLength = body[80];
        if (agentLength > 0xFC || body.Length < 81 + agentLength + 4)
        {
            return ReplyReading.Foreign;
        }

        // Our own name back is an echo.
        var agent = ReplyText.Of(body.Slice(81, agentLength));
        if (agent == "/portolan:0/")
        {
            return ReplyReading.Foreign;
        }

        const string Core = "/Satoshi:";
        var isCore = agent is not null && agent.StartsWith(Core, StringComparison.Ordinal);
        var version = isCore ? agent![Core.Length..].Split('/', '(')[0] : null;
        var height = BinaryPrimitives.ReadInt32LittleEndian(body[(81 + agentLength)..]);
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = isCore ? "Bitcoin Core" : agent?.Trim('/').Split(':', '/') is [{ Length: > 0 } name, ..] ? name : null,
            Version = isCore ? version : agent is not null && agent.Trim('/').Split(':', '/') is [_, { Length: > 0 } other, ..]
                ? other.TrimStart('v') : null,
            Info = FormattableString.Invariant($"protocol {BinaryPrimitives.ReadInt32LittleEndian(body)}; height {height}"),
            Cpes = isCore ? Cpe.Of("bitcoin:bitcoin_core", version) : [],
        });
    }

    private static byte[] Message()
    {
        // No services, time 0, no addresses, nonce, name, height 0, no relaying.
        byte[] body = [0x7F, 0x11, 1, 0, .. new byte[68], .. "portolan"u8, 12, .. "/portolan:0/"u8, 0, 0, 0, 0, 0];

        // The first bytes of SHA-256 of SHA-256 of the body. A number here, for where OpenSSL's library is missing .NET has no hashes.
        return [.. MainNet, .. "version\0\0\0\0\0"u8, (byte)body.Length, 0, 0, 0, 0xC2, 0xFA, 0x3C, 0xCC, .. body];
    }
}
