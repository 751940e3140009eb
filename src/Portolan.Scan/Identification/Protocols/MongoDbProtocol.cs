using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// MongoDB: <c>isMaster</c> in OP_QUERY, which all versions answer, then <c>buildInfo</c> for the version (MongoDB manual, "MongoDB Wire
/// Protocol"). From the specification only.
/// </summary>
internal sealed class MongoDbProtocol() : ServiceProtocol("mongodb", 27017, 27018, 27019)
{
    private const int HeaderLength = 16;
    private const int Id = 0x506F7274;

    private static readonly ServiceProbe IsMaster = new("MongoDB isMaster", Message(2004,
        [0, 0, 0, 0, .. "admin.$cmd\0"u8, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, .. Document("isMaster"u8, withDatabase: false)]));

    private static readonly ServiceProbe BuildInfo = new("MongoDB buildInfo", Message(2013, [0, 0, 0, 0, 0, .. Document("buildInfo"u8,
        withDatabase: true)]));

    /// <inheritdoc/>
    public override ServiceProbe Opening => IsMaster;

    /// <inheritdoc/>
    public override bool ReadsFirst => true;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [BuildInfo];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.StartsWith("HTTP/1.0 200 OK\r\n"u8)
            && bytes.IndexOf("It looks like you are trying to access MongoDB over HTTP on the native driver port."u8) >= 0)
        {
            return ReplyReading.Certain(new IdentifiedService(Name) { Confidence = 8 });
        }

        if (!ReferenceEquals(reply.Asked, IsMaster) || bytes.IsEmpty)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength)
        {
            return bytes.Length < 4 || BinaryPrimitives.ReadInt32LittleEndian(bytes) is > HeaderLength and < 65536
                ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return !IsHeader(bytes) ? ReplyReading.Foreign
            : bytes.Length < length ? ReplyReading.UnlessEnded(reply)
            : ReplyReading.Certain(new IdentifiedService(Name) { Confidence = 8 });
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (ReferenceEquals(conversation.Asked, IsMaster) && !conversation.IsEnded)
        {
            return await AskVersionAsync(conversation, known);
        }

        if (await conversation.OpenAnotherAsync() is not { } second)
        {
            return known;
        }

        await using (second)
        {
            return await AskVersionAsync(second, known);
        }
    }

    private static async Task<IdentifiedService> AskVersionAsync(Conversation conversation, IdentifiedService known)
    {
        var answer = await conversation.AskAsync(BuildInfo, static reply => reply.Length >= 4
            && reply.Length >= BinaryPrimitives.ReadInt32LittleEndian(reply.Span));
        if (answer.Length < HeaderLength || !IsHeader(answer.Span))
        {
            return known;
        }

        // FerretDB speaks the protocol, and names itself beside MongoDB's version.
        if (answer.Span.IndexOf("ferretdb"u8) >= 0)
        {
            return known with { Product = "FerretDB" };
        }

        var version = Text(answer.Span, "version"u8);
        return version is null || !char.IsAsciiDigit(version[0])
            ? known
            : known with { Product = "MongoDB", Version = version, Cpes = Cpe.Of("mongodb:mongodb", version) };
    }

    // An answer to our number, by OP_REPLY or OP_MSG.
    private static bool IsHeader(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32LittleEndian(bytes) is > HeaderLength and < 65536
        && BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) == Id && BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]) is 1 or 2013;

    // BSON: type 2, name, zero; length with the zero behind it, text.
    private static string? Text(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> name)
    {
        for (var rest = bytes; rest.IndexOf(name) is > 0 and var at; rest = rest[(at + name.Length)..])
        {
            var value = rest[(at + name.Length)..];
            if (rest[at - 1] == 2 && value.Length > 5 && value[0] == 0)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(value[1..]);
                return length > 1 && length <= value.Length - 5 ? ReplyText.Of(value.Slice(5, length - 1)) : null;
            }
        }

        return null;
    }

    // {command: 1} or {command: 1, $db: "admin"}.
    private static byte[] Document(ReadOnlySpan<byte> command, bool withDatabase)
    {
        byte[] body = [0x10, .. command, 0, 1, 0, 0, 0];
        if (withDatabase)
        {
            body = [.. body, 2, .. "$db\0"u8, 6, 0, 0, 0, .. "admin\0"u8];
        }

        return [(byte)(body.Length + 5), 0, 0, 0, .. body, 0];
    }

    private static byte[] Message(int operation, byte[] body)
    {
        byte[] message = [.. new byte[HeaderLength], .. body];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), Id);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(12), operation);
        return message;
    }
}
