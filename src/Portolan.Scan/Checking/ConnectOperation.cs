using System.Net;
using System.Net.Sockets;
using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>One call of connect(), which tells whether the error came at once or later: that is the difference between this host and the network.</summary>
internal sealed class ConnectOperation : IDisposable
{
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _arguments;
    private readonly TaskCompletionSource<SocketError> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConnectOperation(Socket socket, IPEndPoint remote)
    {
        _socket = socket;
        _arguments = new SocketAsyncEventArgs { RemoteEndPoint = remote };
        _arguments.Completed += (_, arguments) => _completion.TrySetResult(arguments.SocketError);
    }

    /// <summary>Our end of the socket, once <see cref="RunAsync"/> has started; <c>null</c> when nobody told it.</summary>
    public (InternetAddress Address, PortNumber Port)? Local { get; private set; }

    /// <summary>Connects.</summary>
    /// <param name="readLocal">Reads our end while the attempt is under way.</param>
    /// <param name="giveUp">Ends the attempt with <see cref="SocketError.OperationAborted"/>.</param>
    public async Task<(SocketError Error, bool AtOnce)> RunAsync(Func<(InternetAddress Address, PortNumber Port)?> readLocal, CancellationToken giveUp)
    {
        var isPending = _socket.ConnectAsync(_arguments);
        Local = readLocal();
        if (!isPending)
        {
            Local ??= LocalOfConnected();
            return (_arguments.SocketError, AtOnce: true);
        }

        // The socket is only closed by its owner, who may still ask it what it knows.
        using (giveUp.UnsafeRegister(static state => ((TaskCompletionSource<SocketError>)state!).TrySetResult(SocketError.OperationAborted), _completion))
        {
            var error = await _completion.Task;
            Local ??= LocalOfConnected();
            return (error, AtOnce: false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _arguments.Dispose();

    // System.Net knows our end only of a connection that was made.
    private (InternetAddress Address, PortNumber Port)? LocalOfConnected() => _socket is { Connected: true, LocalEndPoint: IPEndPoint local }
        ? (InternetAddress.From(local.Address), new PortNumber((ushort)local.Port))
        : null;
}
