using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Portolan.Transport.AspNetCore;

/// <summary>Accepts connections for Kestrel.</summary>
internal sealed class StackConnectionListener(TcpAcceptor acceptor, StackTransportOptions options) : IConnectionListener
{
    public EndPoint EndPoint => acceptor.LocalEndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var stream = await acceptor.AcceptAsync(cancellationToken);
            stream.SetNoDelay(options.NoDelay);
            return new StackConnection(stream);
        }
        catch (Exception exception)
            when (exception is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
        {
            // Kestrel's word for "no more".
            return null;
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        acceptor.Dispose();
        return default;
    }

    public ValueTask DisposeAsync()
    {
        acceptor.Dispose();
        return default;
    }
}
