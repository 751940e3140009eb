using Portolan.Model;
using Portolan.Sockets.Chart;

namespace Portolan.Tests.Sockets.Chart;

public sealed class SocketUnitsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("portolan-units-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("ListenStream=22", "22/tcp")]
    [InlineData("[Socket]\nListenStream = 127.0.0.1:53\nListenDatagram=[::1]:53\n", "53/tcp", "53/udp")]
    [InlineData("ListenStream=/run/docker.sock\nListenStream=@abstract\nListenStream=vsock:2:x\n")]
    [InlineData("ListenStream=22\nListenStream=\nListenStream=2222", "2222/tcp")]
    [InlineData("ListenStream=22\nListenDatagram=\n", "22/tcp")]
    [InlineData("# ListenStream=1\n;ListenStream=2\nListenSequentialPacket=3\nListenStream\nListenStream=99999\n=7\n")]
    public void Ports_are_read_from_a_unit_file(string text, params string[] expected)
    {
        var ports = new List<(TransportProtocol Protocol, PortNumber Port)>();
        SocketUnits.Parse(text, ports);

        Assert.Equal(expected, ports.Select(p => $"{p.Port}/{p.Protocol.Name()}"));
    }

    [Fact]
    public void A_file_of_the_administrator_replaces_the_packages_and_a_drop_in_changes_it()
    {
        Write("etc/ssh.socket", "ListenStream=2222\n");
        Write("lib/ssh.socket", "ListenStream=22\n");
        Write("lib/cups.socket", "ListenStream=631\n");
        Write("etc/cups.socket.d/port.conf", "ListenStream=\nListenStream=6310\n");
        var units = new SocketUnits([Path.Combine(_root, "etc"), Path.Combine(_root, "lib"), Path.Combine(_root, "absent")]);

        Assert.Equal("ssh.socket", units.Find(TransportProtocol.Tcp, new PortNumber(2222)));
        Assert.Null(units.Find(TransportProtocol.Tcp, new PortNumber(22)));
        Assert.Equal("cups.socket", units.Find(TransportProtocol.Tcp, new PortNumber(6310)));
        Assert.Null(units.Find(TransportProtocol.Tcp, new PortNumber(631)));
        Assert.Null(units.Find(TransportProtocol.Udp, new PortNumber(2222)));
    }

    [Fact]
    public void Accept_says_whether_each_connection_gets_a_service_of_its_own()
    {
        Write("lib/each.socket", "ListenStream=7\nAccept=yes\n");
        Write("lib/one.socket", "ListenStream=8\nAccept=no\n");
        Write("lib/changed.socket", "ListenStream=9\nAccept=yes\n");
        Write("etc/changed.socket.d/accept.conf", "Accept=no\n");
        var units = new SocketUnits([Path.Combine(_root, "etc"), Path.Combine(_root, "lib")]);

        Assert.True(units.StartsOneForEach("each.socket"));
        Assert.False(units.StartsOneForEach("one.socket"));
        Assert.False(units.StartsOneForEach("changed.socket"));
        Assert.False(units.StartsOneForEach("absent.socket"));
    }

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
