using Portolan.Lab.Services;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>Open connections as socket pairs: each once, from the end that asked.</summary>
internal static class PairTableText
{
    internal static ColumnTable Lines(IReadOnlyList<(string Host, IReadOnlyList<StackSocket> Sockets)> hosts, ILabDirectory directory)
    {
        // The end whose port nothing listens to has asked.
        var rows = new List<IReadOnlyList<string>>();
        foreach (var (host, sockets) in hosts)
        {
            var listening = sockets.Where(static s => s.State == TcpState.Listen).Select(static s => s.LocalPort).ToHashSet();
            foreach (var socket in sockets.Where(s => s.RemoteAddress is not null && !listening.Contains(s.LocalPort)))
            {
                rows.Add(
                [
                    $"{rows.Count + 1}", socket.Protocol == TransportProtocol.Tcp ? "tcp" : "udp", host,
                    NetstatTable.Name(socket.LocalAddress, socket.LocalPort), "->",
                    NetstatTable.Name(socket.RemoteAddress!.Value, socket.RemotePort), directory.NameOf(socket.RemoteAddress.Value) ?? "",
                    socket.State?.Name() ?? "",
                ]);
            }
        }

        return TextColumns.Lines(["#", "protocol", "from", "socket", "", "socket", "to", "state"], rows);
    }
}
