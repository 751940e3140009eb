using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Acquire;

/// <summary>
/// What a real kernel (6.18) answered in a namespace of the kernel tests' own; Recordings/README.md says how it was made.
/// </summary>
public sealed class RecordingReplayTests
{
    private static readonly SocketQuery Query = new()
    {
        Protocols = SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.Unix | SocketProtocols.Packet,
        TcpDetails = true,
        Memory = true,
    };

    [Fact]
    public void Tcp_is_there_in_every_state_and_both_families()
    {
        var snapshot = Read(Bytes());
        Assert.Empty(snapshot.Missing);
        foreach (var isIPv6 in (bool[])[false, true])
        {
            var states = Entries(snapshot).Where(entry => entry.Protocol == SocketProtocol.Tcp && entry.IsIPv6 == isIPv6)
                .Select(entry => entry.State).Distinct().Order();
            Assert.Equal(
                [
                    SocketState.Established, SocketState.SynSent, SocketState.SynReceived, SocketState.FinWait1, SocketState.FinWait2,
                    SocketState.TimeWait, SocketState.CloseWait, SocketState.LastAck, SocketState.Listen, SocketState.Closing,
                ],
                states);
        }
    }

    [Fact]
    public void The_dual_stack_listener_is_known_as_such()
    {
        var entry = Assert.Single(Entries(Read(Bytes())), entry => entry.LocalPort == 8080);
        Assert.True(entry.IsDualStack);
        Assert.Equal((SocketState.Listen, true), (entry.State, entry.HasUser));
    }

    [Fact]
    public void Connections_have_tcp_info_memory_and_cookies_and_time_wait_has_no_user()
    {
        var snapshot = Read(Bytes());
        foreach (var entry in Entries(snapshot).Where(entry => entry.Protocol == SocketProtocol.Tcp))
        {
            Assert.NotEqual(0UL, entry.Cookie);
            if (entry.State is SocketState.TimeWait or SocketState.SynReceived)
            {
                Assert.Equal((false, 0u, -1), (entry.HasUser, entry.Inode, entry.TcpDetailsIndex));
            }
            else
            {
                Assert.True(snapshot.Sockets.TcpDetails[entry.TcpDetailsIndex].CongestionControl is { Length: > 0 });
                Assert.NotEqual(0u, snapshot.Sockets.Memory[entry.MemoryIndex].ReceiveBuffer);
            }
        }
    }

    [Fact]
    public void Other_kinds_are_there_too()
    {
        var snapshot = Read(Bytes());
        Assert.Equal(SocketState.Unconnected, Assert.Single(Entries(snapshot), entry => entry.Protocol == SocketProtocol.Udp).State);
        Assert.Single(Entries(snapshot), entry => entry.Protocol == SocketProtocol.Packet);
        Assert.Contains(snapshot.Sockets.Unix.ToArray(), details => details.Path == "@portolan-recording");
    }

    [Fact]
    public void A_damaged_recording_neither_throws_nor_hangs()
    {
        var bytes = Bytes();
        Fuzz.Run(2_000, (random, _) =>
        {
            if (NetlinkRecording.TryParse(Fuzz.Damage(random, bytes), out var damaged))
            {
                new KernelSocketSource(damaged.Replay, "/no/such/folder").Read(Query, CancellationToken.None);
            }
        });
    }

    private static SocketSnapshot Read(byte[] bytes)
    {
        Assert.True(NetlinkRecording.TryParse(bytes, out var recording));
        return new KernelSocketSource(recording.Replay, "/no/such/folder").Read(Query, CancellationToken.None);
    }

    private static IEnumerable<SocketEntry> Entries(SocketSnapshot snapshot) =>
        Enumerable.Range(0, snapshot.Sockets.Count).Select(index => snapshot.Sockets[index]);

    private static byte[] Bytes() => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Recordings", "all-states.pnlr"));
}
