namespace Portolan.Lab.Services.Chat;

/// <summary>A chat server (RFC 1459, RFC 2812): the clients of one host and port talk to each other.</summary>
internal sealed class IrcService : StreamService
{
    public override string Name => "irc";

    public override string Summary => "a chat server (RFC 2812); the clients of one host talk to each other";

    public override PortNumber? UsualPort => new(194);

    public override IReadOnlyList<ServiceSetting> Settings { get; } =
    [
        new("motd", "the message of the day; by default none") { Check = SettingChecks.Line },
        new("password", "what PASS has to say; by default nothing") { Check = SettingChecks.Line },
    ];

    public override bool ClientSpeaksFirst => true;

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        var hub = call.Host.State.Get(static () => new IrcHub(), $"{call.Local.Port}");
        var talk = new LineTalk(stream, limit: 512);
        var client = new IrcClient(call.Remote.Address.ToString());
        var session = new IrcSession(hub, client, call);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writing = WriteAsync(stream, client, end.Token);
        try
        {
            while (!client.IsOver && await talk.ReadLineAsync(cancellationToken) is { Kind: not LineKind.End } line)
            {
                // A line that is too long is nothing (RFC 1459 section 2.3).
                if (line.Kind == LineKind.Line && !session.Do(line.Text))
                {
                    break;
                }
            }
        }
        finally
        {
            session.Leave("the connection ended");
            client.End();

            // Its last lines go; one that reads nothing has no say in how long that takes.
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(1), call.Host.Time);
            await using var ending = late.Token.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), end);
            await writing;
        }
    }

    // Others' words come from their threads: one writer for each client, so that no two write at once.
    private static async Task WriteAsync(Stream stream, IrcClient client, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var line in client.Lines(cancellationToken))
            {
                await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(line + "\r\n"), cancellationToken);
                await stream.FlushAsync(cancellationToken);
            }
        }
        catch (Exception exception) when (IsEndOfTalk(exception, cancellationToken))
        {
            client.End();
        }
    }
}
