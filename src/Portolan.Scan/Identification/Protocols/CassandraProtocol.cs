using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Cassandra's native protocol: OPTIONS, answered with SUPPORTED (CQL binary protocol v4, sections 2, 4.1.3 and 4.2.4). Servers tell CQL's
/// version, not their own. From the specification only.
/// </summary>
internal sealed class CassandraProtocol() : ServiceProtocol("cassandra", 9042, 9142)
{
    private const int HeaderLength = 9;

    private static readonly ServiceProbe Options = new("Cassandra OPTIONS", [4, 0, 0x50, 0x54, 5, 0, 0, 0, 0]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Options;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // Response of a version, flags, our stream, SUPPORTED or ERROR (another version is wanted), length.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Options) || bytes.IsEmpty || bytes[0] is < 0x81 or > 0x86)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength)
        {
            return bytes.Length < 5 || bytes[4] is 0 or 6 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]);
        if (bytes[4] is not (0 or 6) || length > 16384 || (bytes[4] == 6 && (bytes[2] != 0x50 || bytes[3] != 0x54)))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength + length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var body = bytes.Slice(HeaderLength, (int)length);
        if (bytes[4] == 0)
        {
            return body.IndexOf("protocol version"u8) >= 0 ? ReplyReading.Certain(new IdentifiedService(Name) { Confidence = 8 })
                : ReplyReading.Foreign;
        }

        var version = Value(body, "CQL_VERSION"u8);
        var isScylla = body.IndexOf("SCYLLA_"u8) >= 0;
        return version is null ? ReplyReading.Foreign : ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = isScylla ? "ScyllaDB" : "Apache Cassandra",
            Info = $"CQL {version}",
            Confidence = 8,
            Cpes = isScylla ? [] : Cpe.Of("apache:cassandra", null),
        });
    }

    // String multimap: name, count, values; each text behind two bytes of length.
    private static string? Value(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
    {
        var at = body.IndexOf(name);
        var rest = at < 0 ? default : body[(at + name.Length)..];
        if (rest.Length < 4)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        return length <= rest.Length - 4 ? ReplyText.Of(rest.Slice(4, length)) : null;
    }
}
