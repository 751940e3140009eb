using Portolan.Lab.Services;
using Portolan.Model.Registry;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>The TCP sockets of a host as netstat on Linux prints them: by names, or with <c>-n</c> by numbers.</summary>
internal static class NetstatText
{
    internal static ColumnTable Lines(IEnumerable<StackSocket> sockets, ILabDirectory? names) => TextColumns.Lines(
        ["Proto", "Local Address", "Foreign Address", "State"],
        sockets.Where(static s => s.State is not null).Select(s => (IReadOnlyList<string>)
        [
            s.LocalAddress.IsIPv4 ? "tcp" : "tcp6",
            EndOf(s.LocalAddress, s.LocalPort, names),
            s.RemoteAddress is { } remote ? EndOf(remote, s.RemotePort, names) : $"{Wildcard(s.LocalAddress, names)}:*",
            StateWord(s.State!.Value),
        ]));

    /// <summary>An end: <c>198.18.0.20:80</c>, or <c>server:http</c> where there are names.</summary>
    internal static string EndOf(InternetAddress address, PortNumber port, ILabDirectory? names)
    {
        var host = address.IsUnspecified ? Wildcard(address, names) : names?.NameOf(address) ?? $"{address}";
        var service = names is null ? null : ServiceRegistry.BuiltIn.PrimaryNameText(port, TransportProtocol.Tcp);
        return $"{host}:{service ?? $"{port.Value}"}";
    }

    /// <summary>netstat's word for a state.</summary>
    internal static string StateWord(TcpState state) => state switch
    {
        TcpState.SynSent => "SYN_SENT",
        TcpState.SynReceived => "SYN_RECV",
        TcpState.FinWait1 => "FIN_WAIT1",
        TcpState.FinWait2 => "FIN_WAIT2",
        TcpState.CloseWait => "CLOSE_WAIT",
        TcpState.LastAck => "LAST_ACK",
        TcpState.TimeWait => "TIME_WAIT",
        TcpState.Closed => "CLOSE",
        _ => state.Name(),
    };

    private static string Wildcard(InternetAddress address, ILabDirectory? names) =>
        names is not null ? "*" : address.IsIPv4 ? "0.0.0.0" : "::";
}
