namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// WHOIS: a question for a name that cannot exist, answered with text (RFC 3912 section 2). From the specification only: the words are
/// those of public registries.
/// </summary>
internal sealed class WhoisProtocol() : ServiceProtocol("nicname", 43, 4343)
{
    private static readonly ServiceProbe Question = new("WHOIS portolan.invalid", "portolan.invalid\r\n"u8);

    // The text is for people; registries differ. Comment lines begin with % (RFC 2622 appendix A and those that follow it).
    private static readonly byte[][] Words =
    [
        [.. "%ERROR:101: no entries found"u8], [.. "No match for"u8], [.. "No entries found"u8], [.. "Domain not found"u8],
            [.. "This query returned 0 objects"u8],
        [.. "%% No entries found"u8], [.. "% No match"u8], [.. "No Data Found"u8],
    ];

    /// <inheritdoc/>
    public override ServiceProbe Opening => Question;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        if (!ReferenceEquals(reply.Asked, Question) || !ReplyText.HasLine(reply.Bytes))
        {
            return ReplyReading.Foreign;
        }

        var rest = reply.Bytes;
        while (ReplyText.TryLine(ref rest, out var line))
        {
            foreach (var words in Words)
            {
                if (ReplyText.Begins(line, words))
                {
                    return ReplyReading.Certain(new IdentifiedService(Name) { Info = ReplyText.Of(line), Confidence = 8 });
                }
            }
        }

        return reply.Bytes[0] == '%' ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
    }
}
