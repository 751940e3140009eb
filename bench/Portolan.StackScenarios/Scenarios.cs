using System.Diagnostics;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.StackScenarios;

/// <summary>One figure each, of one run.</summary>
internal static class Scenarios
{
    private const int Warming = 4;
    private const int SegmentsBefore = 30;

    /// <summary>
    /// One stream from stack to stack, MTU 1500: Gb/s of payload, the same for each second of a processor, and bytes allocated for each
    /// packet.
    /// </summary>
    internal static (double Gigabits, double ForProcessor, double Allocated) Stream(long bytes)
    {
        using var pair = new StackPair();
        var reader = new Reader();
        pair.Server.Listen(reader);
        pair.Client.Connect(StackPair.ServerAddress, new Writer(bytes), pair.Now);
        pair.Until(() => reader.Read >= bytes / Warming);
        var (from, packets, allocated) = (reader.Read, Packets(pair), GC.GetAllocatedBytesForCurrentThread());
        var (start, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        while (reader.Read < bytes)
        {
            pair.Step();
        }

        var (seconds, busy) = (Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
        var gigabits = (reader.Read - from) * 8 / 1e9;
        return (gigabits / seconds, gigabits / busy,
            (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / (Packets(pair) - packets));
    }

    /// <summary>
    /// Connections opened and closed by both sides, so many at once: how many a second, and for each second of a processor.
    /// </summary>
    internal static (double PerSecond, double ForProcessor) Connects(int count, int atOnce)
    {
        using var pair = new StackPair();
        pair.Server.Listen(new Reader());
        var closer = new Closer();
        var server = StackHost.Address(StackPair.ServerAddress);
        var (start, processor) = (0L, TimeSpan.Zero);
        for (var begun = -count / Warming; begun < count || closer.Open > 0;)
        {
            for (; closer.Open < atOnce && begun < count; begun++)
            {
                if (begun == 0)
                {
                    (start, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
                }

                closer.Open++;
                pair.Client.Connect(server, closer, pair.Now);
                if (begun % 20_000 == 0)
                {
                    // TIME-WAIT of what went before ends, as it would with more addresses.
                    pair.Skip(TimeSpan.FromSeconds(61));
                }
            }

            pair.Step();
        }

        return (count / Stopwatch.GetElapsedTime(start).TotalSeconds, count / (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
    }

    /// <summary>
    /// The same as the program of <c>bench/lwip</c> does it: one after the other, over a wire of IP packets, the clock read once for each.
    /// So many rest in TIME-WAIT at most; the end of that, which lwIP's run does not reach, is not in the time.
    /// </summary>
    internal static (double PerSecond, double ForProcessor) ConnectsInTurn(int count, int resting)
    {
        using var pair = new StackPair(LinkLayer.Ip);
        pair.Server.Listen(new Reader());
        var closer = new Closer();
        var server = StackHost.Address(StackPair.ServerAddress);
        var (wall, processor) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var done = -Math.Max(count / Warming, resting); done < count; done += resting)
        {
            pair.Skip(TimeSpan.FromSeconds(61));
            var (start, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            for (var i = 0; i < resting; i++)
            {
                var now = pair.Now;
                closer.Open++;
                pair.Client.Connect(server, closer, now);
                while (pair.HasFrames)
                {
                    pair.Step(now);
                }

                if (closer.Open > 0)
                {
                    throw new InvalidOperationException($"connection {done + i} did not end in order");
                }
            }

            if (done >= 0)
            {
                (wall, processor) = (wall + Stopwatch.GetElapsedTime(start), processor + Environment.CpuUsage.TotalTime - before);
            }
        }

        return (count / wall.TotalSeconds, count / processor.TotalSeconds);
    }

    /// <summary>SYNs answered a second, and bytes allocated for each.</summary>
    internal static (double PerSecond, double Allocated) Syns(int count, bool listens)
    {
        using var server = new Injected(listens);
        var packets = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            packets[i] = Injector.Segment(i, TcpFlags.Syn, 0, 0, [], isSyn: true);
        }

        var warm = count / Warming;
        for (var i = 0; i < warm; i++)
        {
            server.Inject(packets[i]);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        for (var i = warm; i < count; i++)
        {
            server.Inject(packets[i]);
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var answered = server.Sent;
        return answered == count
            ? ((count - warm) / seconds, (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / (count - warm))
            : throw new InvalidOperationException($"{answered} of {count} SYNs were answered");
    }

    /// <summary>How long a whole segment takes, from the frame to what the reader has: median and p99 in nanoseconds.</summary>
    internal static (double Median, double P99) Segments(int connections, int count)
    {
        using var server = new Injected(listens: true);
        var random = new Random(1);
        var acknowledgments = new uint[connections];
        var next = new uint[connections];
        for (var i = 0; i < connections; i++)
        {
            acknowledgments[i] = server.Open(i);
            next[i] = 1;
        }

        var payload = new byte[512];
        var spent = new long[count];
        var packets = new byte[10_000][];
        var ticks = new long[packets.Length];

        // Each connection is past its beginning, where every segment is acknowledged: else few and many would not do the same work.
        for (var done = -Math.Max(
            30 * packets.Length, connections * SegmentsBefore / packets.Length * packets.Length); done < count; done += packets.Length)
        {
            for (var i = 0; i < packets.Length; i++)
            {
                var client = random.Next(connections);
                packets[i] =
                    Injector.Segment(client, TcpFlags.Ack | TcpFlags.Psh, next[client], acknowledgments[client], payload, isSyn: false);
                next[client] += (uint)payload.Length;
            }

            server.InjectAll(packets, ticks);
            if (done >= 0)
            {
                ticks.CopyTo(spent, done);
            }
        }

        Array.Sort(spent);
        return (Nanoseconds(spent[count / 2]), Nanoseconds(spent[(long)count * 99 / 100]));
    }

    private static long Packets(StackPair pair) => pair.Client.Tcp.Counters.SegmentsSent + pair.Server.Tcp.Counters.SegmentsSent;

    private static double Nanoseconds(long ticks) => ticks * 1e9 / Stopwatch.Frequency;
}
