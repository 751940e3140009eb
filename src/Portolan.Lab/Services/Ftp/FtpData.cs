using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.Transport;

namespace Portolan.Lab.Services.Ftp;

/// <summary>
/// How the next data connection comes about (RFC 959 section 3.2): the server connects from port 20, or the client to a port that the
/// server listens to.
/// </summary>
internal sealed class FtpData(ServiceCall call) : IDisposable
{
    private const int DataPort = 20;

    // As long as anybody waits for a data connection.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private TcpAcceptor? _acceptor;
    private IPEndPoint? _target;

    /// <summary>Listens for a client that connects (PASV, EPSV).</summary>
    /// <returns>The port.</returns>
    internal int Listen()
    {
        Dispose();
        _acceptor = call.Host.Stack.ListenTcp(new IPEndPoint(call.Local.Address, 0));
        return _acceptor.LocalEndPoint.Port;
    }

    /// <summary>Takes the address of PORT: six numbers.</summary>
    internal bool TrySetPort(string text)
    {
        var parts = text.Split(',');
        var bytes = new byte[6];
        for (var i = 0; i < bytes.Length; i++)
        {
            if (parts.Length != bytes.Length || !byte.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
            {
                return false;
            }
        }

        return TrySet(new IPAddress(bytes.AsSpan(0, 4)), (bytes[4] << 8) | bytes[5]);
    }

    /// <summary>Takes the address of EPRT: <c>|1|198.18.0.9|50000|</c> (RFC 2428 section 2).</summary>
    internal bool TrySetExtended(string text) =>
        text.Length > 0 && text.Split(text[0]) is ["", "1" or "2", var address, var port, ""]
        && IPAddress.TryParse(address, out var parsed)
        && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && TrySet(parsed, number);

    /// <summary>Makes the data connection; <c>null</c> when it does not come about.</summary>
    internal async Task<TcpStream?> OpenAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, call.Host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            if (_acceptor is { } acceptor)
            {
                var accepted = await acceptor.AcceptAsync(either.Token);

                // Another program's connection is no data connection of this client.
                return accepted.RemoteEndPoint.Address.Equals(call.Remote.Address) ? accepted : Refuse(accepted);
            }

            return _target is null
                ? null
                : await call.Host.Stack.ConnectTcpAsync(
                    _target, new IPEndPoint(call.Local.Address, DataPort), reuseAddress: true, either.Token);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            return null;
        }
        finally
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        _acceptor?.Dispose();
        (_acceptor, _target) = (null, null);
    }

    // Only to the client itself, and to no port of a service: else the server could be sent anywhere (RFC 2577 section 3).
    private bool TrySet(IPAddress address, int port)
    {
        Dispose();
        var isRight = port >= 1024 && address.Equals(call.Remote.Address);
        _target = isRight ? new IPEndPoint(call.Remote.Address, port) : null;
        return isRight;
    }

    private static TcpStream? Refuse(TcpStream stream)
    {
        stream.Abort();
        stream.Dispose();
        return null;
    }
}
