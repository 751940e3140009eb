namespace Portolan.Lab.Services;

/// <summary>Accepts and says nothing; takes datagrams and answers none.</summary>
internal sealed class MuteService : IStreamService, IDatagramService
{
    public string Name => "mute";

    public string Summary => "accepts, reads and says nothing";

    public PortNumber? UsualPort => null;

    public IReadOnlyList<ServiceSetting> Settings => [];

    public bool ClientSpeaksFirst => true;

    public async Task ServeAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, cancellationToken) > 0)
        {
            // Thrown away.
        }
    }

    public bool TryAnswer(ReadOnlySpan<byte> request, ServiceCall call, Span<byte> reply, out int length)
    {
        length = 0;
        return false;
    }
}
