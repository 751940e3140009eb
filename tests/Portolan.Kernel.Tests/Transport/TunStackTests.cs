using System.Net;
using System.Net.Sockets;
using static Portolan.Kernel.Tests.Transport.HashedStreams;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>The userspace stack against the kernel's over a TUN device.</summary>
public sealed class TunStackTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<bool, bool, bool> Ways => new()
    {
        // IPv6, offload, loss.
        { false, true, false },
        { true, true, false },
        { false, false, false },
        { true, false, true },
        { false, true, true },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Bytes_arrive_as_they_were_sent_each_way(bool isIPv6, bool usesOffload, bool hasLoss)
    {
        await using var lab = TunLab.Create(usesOffload, hasLoss: hasLoss);
        var length = (TunLab.IsLong || usesOffload ? 1L << 30 : 64L << 20) >> (hasLoss ? 3 : 0);
        var (kernel, stack) = isIPv6 ? (TunLab.Kernel6, TunLab.Stack6) : (TunLab.Kernel4, TunLab.Stack4);
        await BothWays(lab.Host, lab.Stack, stack, length);
        await FromStack(lab.Host, lab.Stack, kernel, 1 << 20);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connections_are_opened_and_closed_and_nothing_is_left(bool isFromStack)
    {
        await using var lab = TunLab.Create();
        const int Count = 10_000;
        using var acceptor = lab.Stack.ListenTcp(new IPEndPoint(TunLab.Stack4, 80));
        using var listener = lab.Host.OpenListener(TunLab.Kernel4);
        for (var i = 0; i < Count; i++)
        {
            if (isFromStack)
            {
                var connecting = lab.Stack.ConnectTcpAsync((IPEndPoint)listener.LocalEndPoint!, Cancellation);
                using var accepted = await listener.AcceptAsync(Cancellation);
                await using var opened = await connecting;
                await using var kernelEnd = new NetworkStream(accepted);
                await Greet(opened, kernelEnd);
            }
            else
            {
                using var socket = lab.Host.OpenTcp(AddressFamily.InterNetwork);
                var accepting = acceptor.AcceptAsync(Cancellation);
                await socket.ConnectAsync(new IPEndPoint(TunLab.Stack4, 80), Cancellation);
                await using var stackEnd = await accepting;
                await using var kernelEnd = new NetworkStream(socket);
                await Greet(stackEnd, kernelEnd);
            }
        }

        // All are closed or rest in TIME-WAIT, soon.
        for (var i = 0; i < 3000 && lab.Stack.Layers.Tcp.ConnectionCount > 0; i++)
        {
            await Task.Delay(20, Cancellation);
        }

        Assert.Equal((0, 0), (lab.Stack.Layers.Tcp.ConnectionCount, lab.Stack.Layers.Tcp.HalfOpenCount));
        Assert.True(lab.Stack.Layers.Tcp.MemoryUsed < 1 << 20, $"{lab.Stack.Layers.Tcp.MemoryUsed} bytes are held for nobody");
    }

    private static async Task Greet(Stream stackEnd, Stream kernelEnd)
    {
        var (there, back) = (new byte[5], new byte[5]);
        await stackEnd.WriteAsync("hello"u8.ToArray(), Cancellation);
        await kernelEnd.ReadExactlyAsync(there, Cancellation);
        await kernelEnd.WriteAsync(there, Cancellation);
        await stackEnd.ReadExactlyAsync(back, Cancellation);
        Assert.Equal("hello"u8, back);
    }
}
