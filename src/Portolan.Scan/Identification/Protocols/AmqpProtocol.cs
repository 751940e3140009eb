using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// AMQP: the header of 0-9-1, whose answer is Connection.Start with the server's properties (AMQP 0-9-1 sections 2.2.4, 4.2.2), or the
/// header that the server wants.
/// </summary>
internal sealed class AmqpProtocol() : ServiceProtocol("amqp", 5672)
{
    private static readonly ServiceProbe Header = new("AMQP 0-9-1 header", "AMQP\0\0\u0009\u0001"u8);

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [5671];

    /// <inheritdoc/>
    public override ServiceProbe Opening => Header;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 6;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.StartsWith("AMQP"u8) && bytes.Length >= 8)
        {
            // Protocol id 0, or 2 and 3 for TLS and SASL of 1.0; then the version.
            // A broker that speaks our version says so with a method; our own header back is an echo.
            return bytes[4] > 3 ? ReplyReading.Foreign
                : bytes[..8].SequenceEqual("AMQP\0\0\u0009\u0001"u8)
                    ? reply.Asked is null || ReferenceEquals(reply.Asked, Header)
                        ? ReplyReading.Foreign
                        : ReplyReading.Likely(new IdentifiedService(Name))
                : ReplyReading.Certain(
                    new IdentifiedService(
                        Name)
                    {
                        Info = bytes[5] == 1
                            ? FormattableString.Invariant($"AMQP {bytes[5]}.{bytes[6]}")
                            : FormattableString.Invariant($"AMQP {bytes[5]}-{bytes[6]}-{bytes[7]}")
                    });
        }

        // Method frame, channel 0, size, class 10 (connection), method 10 (start), version 0-9.
        ReadOnlySpan<byte> start = [1, 0, 0];
        if (bytes.Length < 13)
        {
            return bytes.Length > 0
                && ("AMQP"u8.StartsWith(bytes[..Math.Min(4, bytes.Length)]) || start.StartsWith(bytes[..Math.Min(3, bytes.Length)]))
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        if (!bytes.StartsWith(start) || bytes[7] != 0 || bytes[8] != 10 || bytes[9] != 0 || bytes[10] != 10)
        {
            return ReplyReading.Foreign;
        }

        var size = BinaryPrimitives.ReadUInt32BigEndian(bytes[3..]);
        if (size is < 10 or > 16384)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 7 + size + 1)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var properties = bytes[13..(7 + (int)size)];
        var (product, version, platform) = (Property(properties, "product"u8), Property(properties, "version"u8),
            Property(properties, "platform"u8));
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = product,
            Version = version,
            Info = platform is null ? "AMQP 0-9-1" : $"AMQP 0-9-1; {platform}",
            Cpes = product == "RabbitMQ"
                ? Cpe.Of("vmware:rabbitmq", version)
                : product == "ActiveMQ" ? Cpe.Of("apache:activemq", version) : [],
        });
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain) =>
        // The broker refused another protocol's words with the header that it wants.
        isCertain ? known : await AskAnewAsync(conversation, Header, static reply =>
            reply.Length >= 7 && reply.Length >= 8 + BinaryPrimitives.ReadUInt32BigEndian(reply.Span[3..]));

    // Field table: a short string, then 'S' and a long string (section 4.2.5.5).
    private static string? Property(ReadOnlySpan<byte> table, ReadOnlySpan<byte> name)
    {
        for (var at = table.IndexOf(name); at > 0; at = Next(table, name, at))
        {
            var rest = table[(at + name.Length)..];
            if (table[at - 1] == name.Length && rest.Length > 5 && rest[0] == 'S')
            {
                var length = BinaryPrimitives.ReadUInt32BigEndian(rest[1..]);
                return length <= (uint)(rest.Length - 5) ? ReplyText.Of(rest.Slice(5, (int)length)) : null;
            }
        }

        return null;
    }

    private static int Next(ReadOnlySpan<byte> table, ReadOnlySpan<byte> name, int at) =>
        table[(at + 1)..].IndexOf(name) is >= 0 and var next ? at + 1 + next : -1;
}
