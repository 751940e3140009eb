using System.Globalization;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability.Clients;

/// <summary>Kinds of what a socket refuses by itself.</summary>
internal enum SocketRefusalKind
{
    /// <summary>Packets with a lower TTL or hop limit.</summary>
    MinimumTtl,

    /// <summary>Packets of a prefix that are not signed (RFC 2385).</summary>
    Md5,

    /// <summary>What a classic filter drops.</summary>
    Filter,
}

/// <summary>The servers of the ports that rules are generated for, TCP and UDP.</summary>
internal sealed class ClientSockets : IDisposable
{
    private const ulong Drop = 0x06;
    private const ulong Keep = 0x06 | (0xffff_ffffUL << 32);

    private readonly LabHost _host;
    private readonly Dictionary<(int Port, bool IsUdp), Socket> _open = [];

    /// <summary>Serves these ports.</summary>
    public ClientSockets(LabHost host, IEnumerable<int> ports)
    {
        _host = host;
        foreach (var port in ports)
        {
            Open(port, isUdp: false, null);
            Open(port, isUdp: true, null);
        }
    }

    /// <summary>Serves a port with a socket that refuses something, or plainly.</summary>
    /// <param name="port">The port.</param>
    /// <param name="isUdp">Whether it is one of UDP.</param>
    /// <param name="refusal">A <see cref="SocketRefusalKind"/> and what it has, in words.</param>
    public void Replace(int port, bool isUdp, string? refusal)
    {
        _open[(port, isUdp)].Dispose();
        Open(port, isUdp, refusal);
    }

    public void Dispose()
    {
        foreach (var socket in _open.Values)
        {
            socket.Dispose();
        }
    }

    private void Open(int port, bool isUdp, string? refusal)
    {
        var socket = isUdp ? _host.EchoUdp(port) : _host.ServeTcp(port, static _ => { });
        _open[(port, isUdp)] = socket;
        if (refusal?.Split(' ', 2) is not [var kind, var words])
        {
            return;
        }

        switch (Enum.Parse<SocketRefusalKind>(kind))
        {
            case SocketRefusalKind.MinimumTtl:
                var least = int.Parse(words, CultureInfo.InvariantCulture);
                socket.SetMinimumTtl(least);
                socket.SetMinimumHopLimit(least);
                break;
            case SocketRefusalKind.Md5 when !isUdp:
                socket.AddMd5Key(words);
                break;
            case SocketRefusalKind.Filter when words == "by source port":
                // ldh [0], jge #1024, keep, drop.
                socket.AttachFilter(0x28, 0x35 | (1UL << 24) | (1024UL << 32), Keep, Drop);
                break;
            case SocketRefusalKind.Filter:
                socket.AttachFilter(words == "drop" ? Drop : Keep);
                break;
        }
    }
}
