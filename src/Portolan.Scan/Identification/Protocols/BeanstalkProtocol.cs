namespace Portolan.Scan.Identification.Protocols;

/// <summary>beanstalkd: <c>stats</c>, which reads only (beanstalkd, doc/protocol.txt, "Other Commands").</summary>
internal sealed class BeanstalkProtocol() : ServiceProtocol("beanstalk", 11300)
{
    private static readonly ServiceProbe Statistics = new("beanstalkd stats", "stats\r\n"u8);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Statistics;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Speaks;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;

        // What it says to each line that is none of its commands.
        if (reply.Asked is not null && bytes.StartsWith("UNKNOWN_COMMAND\r\n"u8))
        {
            return ReplyReading.Likely(new IdentifiedService(Name));
        }

        if (!ReferenceEquals(reply.Asked, Statistics) || !ReplyText.MayBegin(bytes, "OK "u8))
        {
            return ReplyReading.Foreign;
        }

        // "OK", the length, then YAML.
        var body = ReplyText.HasLine(bytes) ? bytes[(bytes.IndexOf((byte)'\n') + 1)..] : default;
        if (!body.IsEmpty && !ReplyText.MayBegin(body, "---\ncurrent-jobs-urgent: "u8))
        {
            return ReplyReading.Foreign;
        }

        if (!IsWhole(bytes) && !reply.IsEnded)
        {
            return ReplyReading.Incomplete;
        }

        var version = ReplyText.Behind(body, "\nversion: "u8, []);
        return body.StartsWith("---\ncurrent-jobs-urgent: "u8)
            ? ReplyReading.Certain(new IdentifiedService(Name)
            {
                Product = "beanstalkd",
                Version = version?.Trim('"'),
                OperatingSystem = SystemIn(body),
                HostName = ReplyText.Behind(body, "\nhostname: "u8, []),
            })
            : ReplyReading.Foreign;
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain) =>
        isCertain ? known : await AskAnewAsync(conversation, Statistics, static reply => IsWhole(reply.Span));

    // os: the kernel's build, such as "#1 SMP Debian 6.1.0-1".
    private static string? SystemIn(ReadOnlySpan<byte> body) =>
        ReplyText.Behind(body, "\nos: "u8, []) is { } system && system.Contains("Debian", StringComparison.Ordinal) ? "Debian" : null;

    private static bool IsWhole(ReadOnlySpan<byte> reply)
    {
        var end = reply.IndexOf("\r\n"u8);
        return end > 3 && (!System.Buffers.Text.Utf8Parser.TryParse(reply[3..end], out int length, out _) || length < 0
            || reply.Length - end - 4 >= length);
    }
}
