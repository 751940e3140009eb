using System.Net.Sockets;
using Portolan.Transport;

namespace Portolan.Lab.Services;

/// <summary>
/// What services over TCP have in common: a connection that breaks is the end of a talk and no error, and the last words arrive.
/// </summary>
internal abstract class StreamService : IStreamService
{
    private const int MaxUnread = 256 << 10;

    // A client that has got our FIN closes soon; for one that does not no caller waits longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public abstract string Name { get; }

    public abstract string Summary { get; }

    public abstract PortNumber? UsualPort { get; }

    public virtual IReadOnlyList<ServiceSetting> Settings => [];

    public virtual bool ClientSpeaksFirst => false;

    public virtual bool UsesOtherThreads => false;

    public async Task ServeAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        try
        {
            await TalkAsync(stream, call, cancellationToken);
            await EndAsync(stream, call, cancellationToken);
        }
        catch (Exception exception) when (IsEndOfTalk(exception, cancellationToken))
        {
            // The client is gone, or the lab is.
        }
    }

    /// <summary>Whether an exception means that there is nobody to talk to any more.</summary>
    internal static bool IsEndOfTalk(Exception exception, CancellationToken cancellationToken) =>
        exception is IOException or SocketException or ObjectDisposedException
        || (exception is OperationCanceledException && cancellationToken.IsCancellationRequested);

    /// <summary>Speaks with one client. <see cref="IOException"/> and what means that the lab ends may come out of it.</summary>
    protected abstract Task TalkAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken);

    // Closing with bytes unread is a RST (RFC 9293 section 3.6.1), and that would take the last words away from the client.
    private static async Task EndAsync(Stream stream, ServiceCall call, CancellationToken cancellationToken)
    {
        if (stream is not TcpStream { CanWrite: true } connection)
        {
            return;
        }

        connection.ShutdownWrite();
        using var late = new CancellationTokenSource(Patience, call.Host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var buffer = new byte[1024];
        try
        {
            for (var unread = 0; unread < MaxUnread;)
            {
                var count = await stream.ReadAsync(buffer, either.Token);
                if (count == 0)
                {
                    return;
                }

                unread += count;
            }
        }
        catch (OperationCanceledException)
        {
            // It had its time.
        }
    }
}
