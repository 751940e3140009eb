using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;

namespace Portolan.Kernel.Tests.Sockets;

/// <summary>Portolan's sockets against netstat's and the files netstat reads; and its two sources against each other.</summary>
public sealed class NetstatDifferentialTests
{
    [Fact]
    public void Tcp_and_udp_equal_netstat() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        Populate(zoo);
        var snapshot = new KernelSocketSource().Read(new SocketQuery(), TestContext.Current.CancellationToken);
        var expected = Tool.Lines("netstat", "-tuanW").Skip(2).Select(Row).Where(row => row is not null).Select(row => row!);
        Multiset.Equal(expected, snapshot.Entries().Select(entry => FromPortolan(in entry)), "netstat");

        // "tcp6 0 0 ::1:80 :::* LISTEN"; a datagram socket without a peer has no state.
        static string? Row(string line)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return $"{fields[0]} {fields[3]} {fields[4]} {(fields.Length > 5 ? fields[5] : "-")}";
        }
    });

    [Fact]
    public void Files_and_netlink_tell_the_same() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        Populate(zoo);
        var query =
            new SocketQuery { Protocols = SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.UdpLite | SocketProtocols.Packet };
        var netlink = new KernelSocketSource().Read(query, TestContext.Current.CancellationToken);
        var files = new KernelSocketSource(_ => throw new LinuxException(Errno.NotPermitted, "open"), "/proc").Read(
            query, TestContext.Current.CancellationToken);
        Assert.All(files.Sources, note => Assert.StartsWith("/proc/net/", note.Source, StringComparison.Ordinal));
        Assert.Contains("backlogs", Assert.Single(files.Missing).What, StringComparison.Ordinal);
        Multiset.Equal(netlink.Entries().Select(Facts), files.Entries().Select(Facts), "netlink");

        // The file of listeners has no backlog, and none has a cookie, a cgroup or IPV6_V6ONLY.
        static string Facts(SocketEntry entry) =>
            $"{entry.Protocol} {entry.LocalAddress}:{entry.LocalPort} {entry.RemoteAddress}:{entry.RemotePort} {entry.State} {entry.Timer} "
            + $"{entry.ReceiveQueue} {(entry.State == SocketState.Listen ? 0 : entry.SendQueue)} {entry.Inode} "
            + $"{(entry.HasUser ? entry.UserId : "-")}";
    });

    [Fact]
    public void Unix_files_and_netlink_tell_the_same_paths() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        var listener = zoo.Keep(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
        listener.Bind(new UnixDomainSocketEndPoint("\0portolan-file"));
        listener.Listen();
        zoo.Keep(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            .Connect(new UnixDomainSocketEndPoint("\0portolan-file"));
        var query = new SocketQuery { Protocols = SocketProtocols.Unix };
        var netlink = new KernelSocketSource().Read(query, TestContext.Current.CancellationToken);
        var files = new KernelSocketSource(_ => throw new LinuxException(Errno.NotPermitted, "open"), "/proc").Read(
            query, TestContext.Current.CancellationToken);
        Multiset.Equal(
            netlink.Entries().Select(entry => Facts(netlink, entry)), files.Entries().Select(entry => Facts(files, entry)), "netlink");

        static string Facts(SocketSnapshot snapshot, SocketEntry entry)
        {
            var details = snapshot.Sockets.Unix[entry.UnixIndex];
            return $"{details.Path} {details.Type} {entry.State} {entry.Inode}";
        }
    });

    private static void Populate(TcpZoo zoo)
    {
        zoo.EveryState(IPAddress.Loopback);
        zoo.EveryState(IPAddress.IPv6Loopback);
        foreach (var address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            zoo.Keep(new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp)).Bind(new IPEndPoint(address, 2300));
            zoo.Keep(new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp)).Connect(address, 2300);
        }
    }

    private static string FromPortolan(in SocketEntry entry)
    {
        var name = entry.Protocol.Name() + (entry.IsIPv6 ? "6" : string.Empty);
        var state = entry.State switch
        {
            SocketState.Unconnected => "-",
            SocketState.SynReceived => "SYN_RECV",
            SocketState.FinWait1 => "FIN_WAIT1",
            SocketState.FinWait2 => "FIN_WAIT2",
            var other => other.Name().Replace('-', '_'),
        };
        return $"{name} {entry.LocalAddress}:{entry.LocalPort} "
            + $"{entry.RemoteAddress}:{(entry.RemotePort == 0 ? "*" : entry.RemotePort.ToString(CultureInfo.InvariantCulture))} {state}";
    }
}
