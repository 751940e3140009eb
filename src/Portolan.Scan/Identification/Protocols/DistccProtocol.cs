namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// distcc: a server answers only once it has compiled, and no request here ever has it compile. It is known by what it does with the
/// beginning of a request (distcc, doc/protocol-1.txt): it waits after protocol version 1, closes where no argument follows, and closes
/// at once on version 9, which does not exist. Its version is not told.
/// </summary>
internal sealed class DistccProtocol() : ServiceProtocol("distcc", 3632)
{
    // Three things that it does are no word of its own.
    private const int ByBehaviour = 7;

    private static readonly ServiceProbe Version1 = new("distcc DIST 1", "DIST00000001"u8);
    private static readonly ServiceProbe NoArguments = new("distcc ARGC 0", "ARGC00000000"u8);
    private static readonly ServiceProbe Version9 = new("distcc DIST 9", "DIST00000009"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Version1;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [NoArguments, Version9];

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override bool IsKnownBySilence => true;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) => ReplyReading.Foreign;

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskSilentAsync(Conversation conversation)
    {
        if (conversation.IsEnded || !await IsClosedByAsync(conversation, NoArguments)
            || await conversation.OpenAnotherAsync() is not { } second)
        {
            return null;
        }

        await using (second)
        {
            return await IsClosedByAsync(second, Version9) ? new IdentifiedService(Name) { Confidence = ByBehaviour } : null;
        }
    }

    private static async Task<bool> IsClosedByAsync(Conversation conversation, ServiceProbe probe) =>
        (await conversation.AskAsync(probe, static reply => !reply.IsEmpty)).IsEmpty && conversation.IsEnded;
}
