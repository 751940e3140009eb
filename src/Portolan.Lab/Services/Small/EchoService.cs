namespace Portolan.Lab.Services.Small;

/// <summary>Sends back what it gets (RFC 862).</summary>
internal sealed class EchoService : StreamService, IDatagramService
{
    public override string Name => "echo";

    public override string Summary => "sends back what it gets (RFC 862)";

    public override PortNumber? UsualPort => new(7);

    public override bool ClientSpeaksFirst => true;

    public bool TryAnswer(ReadOnlySpan<byte> request, ServiceCall call, Span<byte> reply, out int length)
    {
        length = request.Length;
        return SmallReplies.MayAnswer(call) && request.TryCopyTo(reply);
    }

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        var buffer = new byte[8192];
        while (await stream.ReadAsync(buffer, cancellationToken) is var count && count > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }
}
