namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Games of Valve's Source engine and those that speak its query protocol: A2S_INFO (Valve Developer Community, "Server queries"), and once
/// more with the challenge where the server wants one. From the specification only.
/// </summary>
internal sealed class SourceEngineProtocol() : ServiceProtocol("source-engine", 27015, 27016, 2456, 2457)
{
    private static readonly byte[] Query = [0xFF, 0xFF, 0xFF, 0xFF, 0x54, .. "Source Engine Query"u8, 0];
    private static readonly ServiceProbe Info = new("A2S_INFO", Query);
    private static readonly ServiceProbe Challenged = new("A2S_INFO with the challenge", 4, static said => [.. Query, .. said.Span]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Info;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Challenged];

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) => reply.Bytes switch
    {
        [0xFF, 0xFF, 0xFF, 0xFF, (byte)'A', _, _, _, _] => ReplyReading.Certain(new IdentifiedService(Name) { Confidence = 8 }),
        [0xFF, 0xFF, 0xFF, 0xFF, (byte)'I', _, .. var facts] when Describe(facts) is { } service => ReplyReading.Certain(service),
        _ => ReplyReading.Foreign,
    };

    /// <inheritdoc/>
    public override async Task<IdentifiedService> AskByDatagramAsync(
        DatagramExchange exchange, IdentifiedService known, ReadOnlyMemory<byte> reply)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (reply.Span[4] != 'A')
        {
            return known;
        }

        var answer = await exchange.AskAsync(Challenged.Repeating(reply.Span[5..]));
        return Read(new ServiceReply(answer.Span, Challenged, isEnded: true)) is { Service: { Product: not null } service }
            ? service
            : known;
    }

    // Name, map, folder, game; application, players, most players, bots; type, system, password, protection; version.
    private IdentifiedService? Describe(ReadOnlySpan<byte> rest)
    {
        if (!TryText(ref rest, out var name) || !TryText(ref rest, out var map) || !TryText(ref rest, out _)
            || !TryText(ref rest, out var game) || rest.Length < 9)
        {
            return null;
        }

        var (players, most, system) = (rest[2], rest[3], rest[6]);
        rest = rest[9..];
        TryText(ref rest, out var version);
        return new IdentifiedService(Name)
        {
            Product = game ?? "Source engine game",
            Version = version,
            Info = FormattableString.Invariant($"name {name ?? "-"}; map {map ?? "-"}; {players} of {most} players"),
            OperatingSystem = (char)system switch { 'l' => "Linux", 'w' => "Windows", 'm' or 'o' => "macOS", _ => null },
            Confidence = 8,
        };
    }

    private static bool TryText(scoped ref ReadOnlySpan<byte> rest, out string? text)
    {
        var end = rest.IndexOf((byte)0);
        text = end < 0 ? null : ReplyText.Of(rest[..end]);
        rest = end < 0 ? rest : rest[(end + 1)..];
        return end >= 0;
    }
}
