namespace Portolan.Lab.Services.Small;

/// <summary>A service that says one thing to whoever connects, or sends any datagram, and is done.</summary>
internal abstract class ShortAnswerService : StreamService, IDatagramService
{
    public bool TryAnswer(ReadOnlySpan<byte> request, ServiceCall call, Span<byte> reply, out int length)
    {
        var answer = Answer(call);
        length = answer.Length;
        return SmallReplies.MayAnswer(call) && answer.AsSpan().TryCopyTo(reply);
    }

    /// <summary>What it says.</summary>
    protected abstract byte[] Answer(ServiceCall call);

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken) =>
        await stream.WriteAsync(Answer(call), cancellationToken);
}
