using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Kafka: ApiVersions version 0, which every broker answers before any login (Apache Kafka protocol guide, "ApiVersions"). Its version is
/// not told. From the specification only.
/// </summary>
internal sealed class KafkaProtocol() : ServiceProtocol("kafka", 9092, 9093, 9094, 19092, 29092)
{
    private const uint Id = 0x506F7274;

    // Length, API 18, version 0, number, no client's name.
    /// <summary>PostgreSQL refuses it too, as a startup message of version 18.0.</summary>
    public static ServiceProbe ApiVersions { get; } =
        new("Kafka ApiVersions", [0, 0, 0, 10, 0, 18, 0, 0, 0x50, 0x6F, 0x72, 0x74, 0xFF, 0xFF]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => ApiVersions;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override HttpReaction ToLine => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 4;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, ApiVersions) || !ReplyText.MayBegin(bytes, [0, 0]))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 14)
        {
            return bytes.Length < 8 || BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) == Id ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        // Length, our number, error 0, then the APIs: count, and for each its number, lowest and highest version.
        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var count = BinaryPrimitives.ReadUInt32BigEndian(bytes[10..]);
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) != Id || bytes[8] != 0 || bytes[9] != 0 || count is 0 or > 1000
            || length != 10 + (6 * count))
        {
            return ReplyReading.Foreign;
        }

        return bytes.Length < 4 + length
            ? ReplyReading.UnlessEnded(reply)
            : ReplyReading.Certain(new IdentifiedService(Name) { Info = FormattableString.Invariant($"{count} APIs"), Confidence = 8 });
    }
}
