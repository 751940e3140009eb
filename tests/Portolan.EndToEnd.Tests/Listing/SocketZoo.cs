using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Owners;
using Portolan.Kernel.Tests.Sockets;

namespace Portolan.EndToEnd.Tests.Listing;

/// <summary>
/// Sockets of every family and state in a namespace of the test's own: some here, some in programs that fork and share them.
/// </summary>
internal sealed class SocketZoo : IDisposable
{
    private const int SocketLevel = 1;
    private const int KeepAlive = 9;
    private readonly TcpZoo _tcp = new();
    private readonly PerlProgram _forked;
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-list-").FullName;

    public SocketZoo()
    {
        _tcp.EveryState(IPAddress.Loopback);
        _tcp.EveryState(IPAddress.IPv6Loopback);
        var dual = _tcp.Listener(new IPEndPoint(IPAddress.IPv6Any, 8080), prepare: s => s.DualMode = true);
        var mapped = _tcp.Keep(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        mapped.Connect(IPAddress.Loopback, 8080);
        TcpZoo.SetOption(_tcp.Keep(dual.Accept()), SocketLevel, KeepAlive, 1);
        _tcp.Listener(new IPEndPoint(IPAddress.IPv6Any, 8081), prepare: s => s.DualMode = false);
        _tcp.Listener(new IPEndPoint(IPAddress.Any, 8081));

        Udp(IPAddress.Any, 5353);
        Udp(IPAddress.IPv6Any, 5354);
        Udp(IPAddress.IPv6Loopback, 5355);
        Udp(IPAddress.Loopback, 5356).Connect(IPAddress.Loopback, 5353);
        _tcp.Keep(new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp));

        Unix(SocketType.Dgram).Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, "datagrams")));
        Unix(SocketType.Seqpacket);
        var stream = Unix(SocketType.Stream);
        stream.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, "stream")));
        stream.Listen(4);
        Unix(SocketType.Stream).Connect(new UnixDomainSocketEndPoint(Path.Combine(_folder, "stream")));
        _tcp.Keep(stream.Accept());
        var named = Unix(SocketType.Stream);
        named.Bind(new UnixDomainSocketEndPoint("\0portolan-list"));
        named.Listen(1);

        // One listener in two processes, and two processes with a listener each on the same port.
        _forked = new PerlProgram(
            """
            $0 = "forked";
            my $shared = listener(7001, 0);
            my ($child) = child(sub { 0 });
            my $mine = listener(7002, 1);
            my ($other) = child(sub { our $own = listener(7002, 1); 0 });
            print "$child $other\n";
            """);
    }

    /// <summary>The two children of the program that forks.</summary>
    public IReadOnlyList<int> Children => _forked.Numbers;

    public int Parent => _forked.Pid;

    public void Dispose()
    {
        _forked.Dispose();
        _tcp.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Socket Udp(IPAddress address, int port)
    {
        var socket = _tcp.Keep(new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }

    private Socket Unix(SocketType type) => _tcp.Keep(new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified));
}
