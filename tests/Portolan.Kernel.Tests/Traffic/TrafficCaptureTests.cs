using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Packet;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;
using Portolan.Traffic.Capture;

namespace Portolan.Kernel.Tests.Traffic;

/// <summary>Packets of chosen ports in a file that other programs read.</summary>
public sealed class TrafficCaptureTests
{
    [Theory]
    [InlineData("port 5353", 2 * Datagrams)]
    [InlineData("sport 5354 or dport 5354", Datagrams)]
    [InlineData("port 5355", 0)]
    public void Packets_that_the_filter_chooses_are_written_once_with_their_process(string filter, int expected) => Netns.Run(() =>
    {
        Assert.SkipUnless(RawAccess.IsAllowed(), "needs CAP_NET_RAW: run as root");
        using var packets = PacketCapture.Open();
        using var server = Bound(5353);
        using var silent = Bound(5354);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var buffer = new byte[2048];
        for (var i = 0; i < Datagrams; i++)
        {
            client.SendTo(new byte[100 + i], server.LocalEndPoint!);
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            server.ReceiveFrom(buffer, ref from);
            server.SendTo(new byte[50], from);
            client.Receive(buffer);
            client.SendTo(new byte[10], silent.LocalEndPoint!);
        }

        var file = Path.GetTempFileName();
        try
        {
            TrafficCapture capture;
            using (var target = new CaptureTarget(() => File.Create(file), long.MaxValue, null))
            {
                using var processes = new ProcessReader();
                capture = new TrafficCapture(
                    packets,
                    new SocketDirectory(
                        new KernelSocketSource(), new OwnerFinder(processes), pid => processes.Read(pid, ProcessFields.None),
                        TimeProvider.System),
                    SocketFilter.Parse([filter], new FilterNames()),
                    new CaptureLimits(TimeSpan.FromSeconds(1), long.MaxValue, int.MaxValue), target,
                    new CaptureNames(static _ => "lo", static (_, port) => port == 5353 ? "mdns" : null));
                var looks = 0;

                // All packets wait in the queue: the time is over once it is empty.
                capture.Run(() => looks++ < 2 ? TimeSpan.Zero : TimeSpan.FromSeconds(1), CancellationToken.None);
            }

            Assert.Equal(((long)expected, 0L), (capture.Written, capture.Dropped));
            using var stream = File.OpenRead(file);
            var reader = new PcapngReader(stream);
            var count = 0;
            while (reader.TryRead(out var packet))
            {
                Assert.Equal("lo", packet.Interface.Name);
                Assert.True(PacketEnds.TryRead(packet.Frame, packet.Interface.Layer!.Value, out var ends));
                Assert.Equal(SocketProtocol.Udp, ends.Protocol);
                count++;
            }

            Assert.Equal(PcapngEnd.Complete, reader.End);
            Assert.Equal(expected, count);
            if (expected > 0)
            {
                var lines = Tool.Lines("tshark", "-r", file, "-T", "fields", "-e", "frame.comment", "-e", "udp.port");
                Assert.Equal(expected, lines.Length);
                Assert.All(lines, line => Assert.Contains($"({Environment.ProcessId}", line, StringComparison.Ordinal));
                Assert.True(
                    filter != "port 5353" || lines.All(static line => line.Contains("service mdns", StringComparison.Ordinal)));
            }
        }
        finally
        {
            File.Delete(file);
        }
    });

    private const int Datagrams = 100;

    private static Socket Bound(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }
}
