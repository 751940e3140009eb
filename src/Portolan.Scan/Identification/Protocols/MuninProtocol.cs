namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// A Munin node: <c># munin node at HOST</c> unasked, then <c>version</c> (Munin documentation, "Data exchange between master and node").
/// </summary>
internal sealed class MuninProtocol() : ServiceProtocol("munin", 4949)
{
    private static readonly ServiceProbe Version = new("Munin version", "version\n"u8);

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Version];

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var head = "# munin node at "u8;
        if (!reply.Bytes.StartsWith(head))
        {
            return ReplyText.MayBegin(reply.Bytes, head) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        return ReplyText.HasLine(reply.Bytes)
            ? ReplyReading.Certain(new IdentifiedService(Name)
            {
                Product = "Munin node",
                HostName = ReplyText.Of(ReplyText.FirstLine(reply.Bytes)[head.Length..]),
            })
            : ReplyReading.UnlessEnded(reply);
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain)
    {
        // "munins node on HOST version: 2.0.73"
        var answer = await conversation.AskAsync(Version, static reply => ReplyText.HasLine(reply.Span));
        var version = ReplyText.Behind(answer.Span, " version: "u8, []);
        return version is null ? known : known with { Version = version, Cpes = Cpe.Of("munin-monitoring:munin", version) };
    }
}
