using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;

namespace Portolan.Kernel.Tests.Sockets;

/// <summary>
/// Recordings of the real kernel replay to what was seen. With PORTOLAN_RECORDINGS=FOLDER they are written there for Portolan.Tests.
/// </summary>
public sealed class RecordingTests
{
    [Fact]
    public void A_recording_of_the_kernel_replays_to_the_same_sockets() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.EveryState(IPAddress.Loopback);
        zoo.EveryState(IPAddress.IPv6Loopback);
        zoo.Listener(new IPEndPoint(IPAddress.IPv6Any, 8080), prepare: socket => socket.DualMode = true);
        zoo.Keep(new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)).Bind(new IPEndPoint(IPAddress.Any, 5353));
        zoo.Keep(NativeSocket.Open(NativeSocket.PacketFamily, NativeSocket.Datagram, 0));
        var unix = zoo.Keep(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
        unix.Bind(new UnixDomainSocketEndPoint("\0portolan-recording"));
        unix.Listen();

        var recording = new NetlinkRecording();
        var live = Read(family => recording.Record(family, NetlinkSocket.Open(family)));
        var bytes = recording.ToBytes();
        Assert.True(NetlinkRecording.TryParse(bytes, out var parsed));
        var replayed = Read(parsed.Replay);
        Assert.Equal(live.Entries(), replayed.Entries());
        Assert.Equal(live.Sockets.TcpDetails.ToArray(), replayed.Sockets.TcpDetails.ToArray());
        Assert.Equal(live.Sockets.Unix.ToArray(), replayed.Sockets.Unix.ToArray());
        if (Environment.GetEnvironmentVariable("PORTOLAN_RECORDINGS") is { } folder)
        {
            File.WriteAllBytes(Path.Combine(folder, "all-states.pnlr"), bytes);
        }
    });

    private static SocketSnapshot Read(Func<NetlinkFamily, INetlinkChannel> open) => new KernelSocketSource(open, "/proc").Read(
        new SocketQuery
        {
            Protocols = SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.Unix | SocketProtocols.Packet,
            TcpDetails = true,
            Memory = true,
        },
        TestContext.Current.CancellationToken);
}
