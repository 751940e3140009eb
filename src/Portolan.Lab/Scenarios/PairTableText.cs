using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>Open connections as socket pairs: each once, from the end that asked.</summary>
internal static class PairTableText
{
    internal static List<string> Lines(IReadOnlyList<(string Host, IReadOnlyList<StackSocket> Sockets)> hosts)
    {
        // The end whose port nobody listens to has asked.
        var names = new Dictionary<(InternetAddress, PortNumber), string>();
        var rows = new List<IReadOnlyList<string>>();
        foreach (var (host, sockets) in hosts)
        {
            foreach (var socket in sockets.Where(static s => s.RemoteAddress is not null))
            {
                names.TryAdd((socket.LocalAddress, socket.LocalPort), host);
            }
        }

        foreach (var (host, sockets) in hosts)
        {
            var listening = sockets.Where(static s => s.State == TcpState.Listen).Select(static s => s.LocalPort).ToHashSet();
            foreach (var socket in sockets.Where(s => s.RemoteAddress is not null && !listening.Contains(s.LocalPort)))
            {
                var peer = names.GetValueOrDefault((socket.RemoteAddress!.Value, socket.RemotePort), "");
                rows.Add(
                [
                    $"{rows.Count + 1}", socket.Protocol == TransportProtocol.Tcp ? "tcp" : "udp", host, SocketTable.Name(socket.LocalAddress, socket.LocalPort), "->",
                    SocketTable.Name(socket.RemoteAddress.Value, socket.RemotePort), peer, socket.State?.Name() ?? "",
                ]);
            }
        }

        return TextColumns.Lines(["#", "protocol", "from", "socket", "", "socket", "to", "state"], rows);
    }
}
