// Every wait is bounded by a time of its own; results that nobody advances over are what is tested.
#pragma warning disable xUnit1051
using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Portolan.Tests.Support;
using Portolan.Transport;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>
/// Streams over a TUN device that are ended and forgotten while somebody holds what came: the stack lacks none of its memory afterwards.
/// </summary>
public sealed class TunLoanTests
{
    private const int Length = 20_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Each way of ending. With <c>PORTOLAN_FORGOTTEN=25000</c> the memory of the process is printed too.</summary>
    private static readonly int Count =
        int.Parse(Environment.GetEnvironmentVariable("PORTOLAN_FORGOTTEN") ?? "400", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("abort", true)]
    [InlineData("dispose", true)]
    [InlineData("reset by the peer", true)]
    [InlineData("FIN of both", true)]
    [InlineData("abort", false)]
    public async Task Results_that_nobody_advances_over_take_no_memory_from_the_stack(string end, bool usesOffload)
    {
        await using var lab = TunLab.Create(usesOffload);
        using var acceptor = lab.Stack.ListenTcp(new IPEndPoint(TunLab.Stack4, 80));
        var held = new Queue<(ReadResult Read, byte Mark)>();
        for (var i = 0; i < Count; i++)
        {
            var (mark, accepting) = ((byte)i, acceptor.AcceptAsync().AsTask());
            using var client = lab.Host.OpenTcp(AddressFamily.InterNetwork);
            await client.ConnectAsync(new IPEndPoint(TunLab.Stack4, 80));
            var server = await accepting.WaitAsync(Patience);
            await client.SendAsync(Enumerable.Repeat(mark, Length).ToArray());
            held.Enqueue((await server.Input.ReadAtLeastAsync(Length).AsTask().WaitAsync(Patience), mark));
            switch (end)
            {
                case "abort":
                    server.Abort();
                    break;
                case "dispose":
                    server.Dispose();
                    break;
                case "FIN of both":
                    server.ShutdownWrite();
                    client.Shutdown(SocketShutdown.Send);
                    await server.Completion.WaitAsync(Patience);
                    break;
            }

            // The kernel keeps no pair in TIME-WAIT, so that ports do not run out.
            client.LingerState = new LingerOption(enable: true, 0);
            client.Dispose();
            await server.Completion.WaitAsync(Patience);
            if (held.Count > 100)
            {
                var (read, own) = held.Dequeue();
                Assert.True(IsAll(read.Buffer, own));
            }

            if (Count >= 5000 && i % (Count / 5) == 0)
            {
                Print(lab.Stack, end, i);
            }
        }

        Assert.All(held, static one => Assert.True(IsAll(one.Read.Buffer, one.Mark)));
        Bounded.Until(() => lab.Stack.GetStatistics().MemoryInUse == 0, "the stack holds no memory");
        Assert.Equal(0, lab.Stack.GetStatistics().MemoryRefusals);
        if (Count >= 5000)
        {
            Print(lab.Stack, end, Count);
        }
    }

    private static void Print(NetworkStack stack, string end, int count) => TestContext.Current.TestOutputHelper?.WriteLine(
        $"{end}, {count} streams: process {Environment.WorkingSet >> 20} MiB, managed "
            + $"{GC.GetTotalMemory(forceFullCollection: true) >> 10} KiB, "
        + $"stack {stack.GetStatistics().MemoryInUse} bytes, {stack.GetStatistics().Connections} connections");

    private static bool IsAll(ReadOnlySequence<byte> buffer, byte mark)
    {
        foreach (var part in buffer)
        {
            if (part.Span.IndexOfAnyExcept(mark) >= 0)
            {
                return false;
            }
        }

        return true;
    }
}
