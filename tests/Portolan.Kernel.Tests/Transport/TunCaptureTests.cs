using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Transport.Links;

namespace Portolan.Kernel.Tests.Transport;

public sealed class TunCaptureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Data each way, closes by either side, a refused port: what tshark finds remarkable in frames of the stack it also finds in those of
    /// the kernel.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tshark_finds_nothing_in_frames_of_the_stack_that_it_does_not_find_in_those_of_the_kernel(bool hasLoss)
    {
        var file = Path.GetTempFileName();
        try
        {
            await using (var stream = File.Create(file))
            {
                await using var lab =
                    TunLab.Create(usesOffload: false, new CaptureFile(stream, TimeProvider.System, DateTimeOffset.UnixEpoch), hasLoss);
                foreach (var (kernel, stack) in ((IPAddress, IPAddress)[])[
                    (TunLab.Kernel4, TunLab.Stack4), (TunLab.Kernel6, TunLab.Stack6)])
                {
                    await Talk(lab, kernel, stack);
                }
            }

            var lines = Tool.Lines(
                "tshark", "-r", file, "-o", "tcp.check_checksum:TRUE", "-Y", "_ws.expert.severity >= 0x600000", "-T", "fields", "-e",
                "ip.src", "-e", "ipv6.src", "-e", "_ws.expert.message");
            var byStack = Messages(lines, TunLab.Stack4, TunLab.Stack6);
            var byKernel = Messages(lines, TunLab.Kernel4, TunLab.Kernel6);

            // What is sent again after a loss tshark calls a retransmission or out of order, by the time in between, and says of both that
            // they are suspected only. Of a segment that came twice, for its acknowledgment was lost or late, each end tells (RFC 2883).
            Assert.Empty(
                byStack.Except(byKernel).Where(
                    m => !hasLoss || !(m.Contains("(suspected)", StringComparison.Ordinal) || m == "D-SACK Sequence")));

            // One for each family's refused port, and none that ends a connection of which all was read. One that is lost is sent again.
            var resets = Tool.Lines(
                "tshark", "-r", file, "-Y", "tcp.flags.reset == 1 && (ip.src == 198.18.7.2 || ipv6.src == 2001:db8:7::2)").Length;
            Assert.InRange(resets, 2, hasLoss ? 8 : 2);
            var all = Tool.Lines("tshark", "-r", file, "-Y", "tcp.flags.fin == 1", "-T", "fields", "-e", "frame.number");
            Assert.True(all.Length >= 16, "the capture has too little in it");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static HashSet<string> Messages(string[] lines, params IPAddress[] from) =>
        [.. lines.Select(l => l.Split('\t')).Where(f => from.Any(a => f[0] == a.ToString() || f[1] == a.ToString())).Select(f => f[2])];

    private static async Task Talk(TunLab lab, IPAddress kernel, IPAddress stack)
    {
        using var acceptor = lab.Stack.ListenTcp(new IPEndPoint(stack, 80));
        using var listener = lab.Host.OpenListener(kernel);

        // Less than the first window: a reader that gets no processor for a while shuts no window.
        var block = new byte[60_000];
        for (var i = 0; i < 4; i++)
        {
            // Either opens, either closes first.
            using var socket = lab.Host.OpenTcp(stack.AddressFamily);
            var accepting = acceptor.AcceptAsync(Cancellation);
            await socket.ConnectAsync(new IPEndPoint(stack, 80), Cancellation);
            var accepted = await accepting;
            await Exchange(new NetworkStream(socket, ownsSocket: true), accepted, block, isFirstToClose: i % 2 == 0);

            var connecting = lab.Stack.ConnectTcpAsync((IPEndPoint)listener.LocalEndPoint!, Cancellation);
            var other = await listener.AcceptAsync(Cancellation);
            await Exchange(await connecting, new NetworkStream(other, ownsSocket: true), block, isFirstToClose: i % 2 == 0);
        }

        // Refused by each.
        using var refused = lab.Host.OpenTcp(stack.AddressFamily);
        await Assert.ThrowsAsync<SocketException>(() => refused.ConnectAsync(new IPEndPoint(stack, 81), Cancellation).AsTask());
        await Assert.ThrowsAsync<SocketException>(() => lab.Stack.ConnectTcpAsync(new IPEndPoint(kernel, 81), Cancellation));
    }

    private static async Task Exchange(Stream left, Stream right, byte[] block, bool isFirstToClose)
    {
        await Task.WhenAll(
            left.WriteAsync(block, Cancellation).AsTask(), right.ReadExactlyAsync(new byte[block.Length], Cancellation).AsTask());
        await Task.WhenAll(
            right.WriteAsync(block, Cancellation).AsTask(), left.ReadExactlyAsync(new byte[block.Length], Cancellation).AsTask());
        await (isFirstToClose ? left : right).DisposeAsync();
        await (isFirstToClose ? right : left).DisposeAsync();
    }
}
