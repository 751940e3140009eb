using System.Net;
using System.Net.Sockets;

namespace Portolan.Scenarios;

/// <summary>
/// Listeners on ports behind each other, for both families, until they are disposed of; in the namespace of the calling thread.
/// </summary>
internal sealed class Listeners : IDisposable
{
    private readonly List<Socket> _sockets = [];

    public Listeners(int first, int count)
    {
        for (var port = first; port < first + count; port++)
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            socket.Listen(16);
            _sockets.Add(socket);
        }
    }

    public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());
}
