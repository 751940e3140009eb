using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>The sockets of hosts as a table, as netstat has it.</summary>
internal static class NetstatTable
{
    internal static ColumnTable Lines(
        IReadOnlyList<(string Host, IReadOnlyList<StackSocket> Sockets)> hosts, Func<StackSocket, bool>? filter) => TextColumns.Lines(
        ["host", "protocol", "local", "peer", "state"],
        hosts.SelectMany(h => h.Sockets.Where(s => filter?.Invoke(s) != false).Select(s => (IReadOnlyList<string>)
        [
            h.Host,
            s.Protocol == TransportProtocol.Tcp ? "tcp" : "udp",
            Name(s.LocalAddress, s.LocalPort),
            s.RemoteAddress is { } peer ? Name(peer, s.RemotePort) : "*",
            s.State?.Name() ?? "",
        ])));

    /// <summary><c>198.18.0.1:80</c>, <c>[2001:db8::1]:80</c>, <c>*:80</c>.</summary>
    internal static string Name(InternetAddress address, PortNumber port) =>
        address.IsUnspecified ? $"*:{port.Value}" : address.IsIPv4 ? $"{address}:{port.Value}" : $"[{address}]:{port.Value}";
}
