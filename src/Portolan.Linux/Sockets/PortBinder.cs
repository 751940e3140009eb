using System.Net;
using System.Net.Sockets;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Sockets;

/// <summary>Binds sockets of .NET to ports that may need CAP_NET_BIND_SERVICE.</summary>
public static class PortBinder
{
    /// <summary>bind(2) with the capability raised, where this process has it.</summary>
    /// <exception cref="SocketException">The port is taken, or is none of this host's, or the capability is missing.</exception>
    public static void Bind(Socket socket, IPEndPoint local)
    {
        using var raised = RaisedCapabilities.For(Capability.NetBindService);
        socket.Bind(local);
    }
}
