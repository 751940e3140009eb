namespace Portolan.Lab.Services.Small;

/// <summary>Sends characters without end (RFC 864).</summary>
internal sealed class ChargenService : StreamService, IDatagramService
{
    private const int First = ' ';
    private const int Count = '~' - ' ' + 1;
    private const int LineLength = 72;

    public override string Name => "chargen";

    public override string Summary => "sends characters until the client closes (RFC 864)";

    public override PortNumber? UsualPort => new(19);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
        [new("lines", "after how many lines it closes; by default never") { Check = SettingChecks.Number(1, uint.MaxValue) }];

    public bool TryAnswer(ReadOnlySpan<byte> request, ServiceCall call, Span<byte> reply, out int length)
    {
        // 0 to 512 characters, as the RFC has it.
        length = (int)ServiceChance.Of(call).Below(513);
        if (!SmallReplies.MayAnswer(call) || reply.Length < length)
        {
            return false;
        }

        Span<byte> line = stackalloc byte[LineLength + 2];
        for (var at = 0; at < length; at += line.Length)
        {
            Fill(line, at / line.Length);
            line[..Math.Min(line.Length, length - at)].CopyTo(reply[at..]);
        }

        return true;
    }

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var listening = ListenAsync(stream, end.Token);
        var lines = call.Number("lines", long.MaxValue);
        var line = new byte[LineLength + 2];
        for (var i = 0L; i < lines && !listening.IsCompleted; i++)
        {
            Fill(line, i);
            await stream.WriteAsync(line, cancellationToken);
        }

        await end.CancelAsync();
        await listening;
    }

    // What the client says is thrown away; that it closes ends the talk.
    private static async Task ListenAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[1024];
        try
        {
            while (await stream.ReadAsync(buffer, cancellationToken) > 0)
            {
                // Thrown away.
            }
        }
        catch (Exception exception) when (IsEndOfTalk(exception, cancellationToken))
        {
            // It ends.
        }
    }

    private static void Fill(Span<byte> line, long number)
    {
        for (var i = 0; i < LineLength; i++)
        {
            line[i] = (byte)(First + ((number + i) % Count));
        }

        "\r\n"u8.CopyTo(line[LineLength..]);
    }
}
