using System.Net.Security;
using System.Security.Authentication;
using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>Gives away a connection that is open already, and then makes new ones.</summary>
/// <param name="sockets">Makes them.</param>
/// <param name="open">The connection.</param>
/// <param name="secured">With whom the new ones begin with TLS, as the open one did; <c>null</c> for connections in clear.</param>
internal sealed class HandedSockets(ICheckSockets sockets, Stream open, ServiceTarget? secured = null) : ICheckSockets
{
    private Stream? _open = open;

    public async Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
    {
        if (Interlocked.Exchange(ref _open, null) is { } first)
        {
            return new ConnectionAttempt(ConnectionOutcome.Connected, first);
        }

        var result = await sockets.ConnectAsync(remote, giveUp);
        if (secured is null || result.Stream is not { } stream)
        {
            return result;
        }

        // The first handshake was judged.
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(TlsHello.OptionsFor(secured, protocols: null, static _ => { }), giveUp);
            return new ConnectionAttempt(ConnectionOutcome.Connected, tls);
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException or OperationCanceledException)
        {
            await tls.DisposeAsync();
            return new ConnectionAttempt(ConnectionOutcome.Refused, Stream: null) { Error = exception.Message };
        }
    }

    public Task<DatagramResult> ExchangeAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval,
        Func<ReadOnlyMemory<byte>, bool> accepts, CancellationToken giveUp) =>
        sockets.ExchangeAsync(remote, datagrams, interval, accepts, giveUp);
}
