using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Ports;

namespace Portolan.Transport.Udp;

/// <summary>
/// The unconnected sockets of one scope. Those with SO_REUSEPORT share its flows by hash; of those that share it by SO_REUSEADDR alone the
/// newest gets all (Linux' <c>udp4_lib_lookup2</c> takes the first of a list that grows at its head).
/// </summary>
/// <param name="hash">The key of the hash.</param>
internal sealed class UdpGroup(SipHash hash)
{
    private readonly List<UdpSocket> _sockets = [];
    private readonly ReusePortGroup<UdpSocket> _spread = new(hash);

    internal bool IsEmpty => _sockets.Count == 0;

    internal void Add(UdpSocket socket)
    {
        _sockets.Add(socket);
        if (socket.Binding.ReusePort)
        {
            _spread.Add(socket);
        }
    }

    internal void Remove(UdpSocket socket)
    {
        _sockets.Remove(socket);
        _spread.Remove(socket);
    }

    internal UdpSocket Select(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort) =>
        _spread.Count == 0 || _spread.Count < _sockets.Count ? _sockets[^1] : _spread.Select(local, localPort, remote, remotePort);
}
