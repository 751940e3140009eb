namespace Portolan.Lab.Services.Small;

/// <summary>Throws away what it gets (RFC 863).</summary>
internal sealed class DiscardService : StreamService, IDatagramService
{
    public override string Name => "discard";

    public override string Summary => "throws away what it gets (RFC 863)";

    public override PortNumber? UsualPort => new(9);

    public override bool ClientSpeaksFirst => true;

    public bool TryAnswer(ReadOnlySpan<byte> request, ServiceCall call, Span<byte> reply, out int length)
    {
        length = 0;
        return false;
    }

    protected override async Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        var buffer = new byte[8192];
        while (await stream.ReadAsync(buffer, cancellationToken) > 0)
        {
            // Gone.
        }
    }
}
