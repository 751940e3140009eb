using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;

namespace Portolan.Cli.Listing;

/// <summary>
/// Reads the lists that ss takes after <c>-A</c> and the families that ss and netstat take after <c>-f</c> and <c>-A</c>.
/// </summary>
internal static class SocketKindWords
{
    private const string Known = "all, inet, inet4, inet6, tcp, udp, udplite, sctp, dccp, raw, mptcp, unix, packet";

    /// <summary>Adds what <paramref name="list"/> names, such as <c>tcp,udp</c> or <c>all,!unix</c>, to the selection.</summary>
    /// <exception cref="PortolanException">A word that is not known.</exception>
    public static SocketSelection Add(SocketSelection selection, string option, string list)
    {
        foreach (var word in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var isExcluded = word.StartsWith('!');
            var name = isExcluded ? word[1..] : word;
            selection = name switch
            {
                "inet4" => selection with { IPv4 = true },
                "inet6" => selection with { IPv6 = true },
                "inet" when option is "-f" => selection with { IPv4 = true },
                _ => selection with { Named = isExcluded ? selection.Named & ~Kinds(option, name) : selection.Named | Kinds(option, name) },
            };
        }

        return selection;
    }

    private static SocketProtocols Kinds(string option, string name) => name switch
    {
        "all" => SocketSelection.AllKinds,
        "inet" => SocketSelection.InternetKinds,
        "tcp" => SocketProtocols.Tcp,
        "udp" => SocketProtocols.Udp,
        "udplite" => SocketProtocols.UdpLite,
        "sctp" => SocketProtocols.Sctp,
        "dccp" => SocketProtocols.Dccp,
        "raw" => SocketProtocols.Raw,
        "mptcp" => SocketProtocols.Mptcp,
        "unix" => SocketProtocols.Unix,
        "packet" or "link" => SocketProtocols.Packet,
        "netlink" or "vsock" or "tipc" or "xdp" or "vsock_stream" or "vsock_dgram" => throw new PortolanException(
            $"{option} {name}: Portolan does not list {name} sockets; they have no ports", $"use ss -A {name}", ExitCode.Usage),
        "unix_stream" or "unix_dgram" or "unix_seqpacket" or "packet_raw" or "packet_dgram" => throw new PortolanException(
            $"{option} {name}: Portolan does not select by socket type",
            $"use {option} {name[..name.IndexOf('_', StringComparison.Ordinal)]}", ExitCode.Usage),
        _ => throw new PortolanException(
            $"{option} does not know the socket table '{name}'", $"it takes a list of {Advice.Prose(Known)}", ExitCode.Usage),
    };
}
