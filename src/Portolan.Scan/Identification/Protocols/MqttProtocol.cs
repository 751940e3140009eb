namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// MQTT 3.1.1: CONNECT without a name or password and with a clean session, so that nothing stays at the broker (section 3.1). A broker
/// that lets anybody in is asked for the topic in which Mosquitto and its like tell their version.
/// </summary>
internal sealed class MqttProtocol() : ServiceProtocol("mqtt", 1883)
{
    private static readonly ServiceProbe Connect = new("MQTT CONNECT", [0x10, 20, 0, 4, .. "MQTT"u8, 4, 2, 0, 10, 0, 8, .. "portolan"u8]);
    private static readonly ServiceProbe Subscribe =
        new("MQTT SUBSCRIBE $SYS/broker/version", [0x82, 24, 0, 1, 0, 19, .. "$SYS/broker/version"u8, 0]);
    private static readonly ServiceProbe Disconnect = new("MQTT DISCONNECT", [0xE0, 0]);

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [8883];

    /// <inheritdoc/>
    public override ServiceProbe Opening => Connect;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override HttpReaction ToLine => HttpReaction.Closes;

    /// <inheritdoc/>
    public override bool? ClosesByReset => true;

    /// <inheritdoc/>
    public override int Rarity => 6;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Subscribe, Disconnect];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // CONNACK: session-present flag and return code, 0 to 5.
        var bytes = reply.Bytes;
        return bytes is [0x20, 2, 0, <= 5] && ReferenceEquals(reply.Asked, Connect)
            ? ReplyReading.Certain(
                new IdentifiedService(Name)
                {
                    Info =
                    bytes[3] switch { 0 => "anyone may connect", 1 => "not MQTT 3.1.1", 4 or 5 => "a login is wanted", _ => null }
                })
            : bytes is [0x20] or [0x20, 2] or [0x20, 2, 0] ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        if (conversation.Reply.Span is not [.., 0])
        {
            return known;
        }

        var answer = await conversation.AskAsync(Subscribe, static reply => reply.Span.IndexOf("$SYS/broker/version"u8) >= 0);
        var said = VersionIn(answer.Span);
        await conversation.SendAsync(Disconnect);
        return said switch
        {
            null => known,
            _ when said.StartsWith("mosquitto version ", StringComparison.Ordinal) && said["mosquitto version ".Length..] is var version =>
                known with { Product = "Mosquitto", Version = version, Cpes = Cpe.Of("eclipse:mosquitto", version) },
            _ => known with { Product = said },
        };
    }

    // PUBLISH: 0x3?, length, topic with its length, then the message up to the length.
    private static string? VersionIn(ReadOnlySpan<byte> answer)
    {
        var at = answer.IndexOf("$SYS/broker/version"u8);
        if (at < 4 || (answer[at - 4] & 0xF0) != 0x30 || answer[at - 3] >= 128)
        {
            return null;
        }

        var end = at - 2 + answer[at - 3];
        var begin = at + "$SYS/broker/version"u8.Length;
        return end > begin && end <= answer.Length ? ReplyText.Of(answer[begin..end]) : null;
    }
}
