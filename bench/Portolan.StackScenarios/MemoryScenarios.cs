using Portolan.Packets;

namespace Portolan.StackScenarios;

/// <summary>What things cost that only are there: bytes of managed memory and of packets for each.</summary>
internal static class MemoryScenarios
{
    /// <summary>The host remembers 16,384 paths; they are filled first, for they are no cost of a pair.</summary>
    private const int Paths = 20_000;

    /// <summary>Bytes of managed memory and of packets for each idle connection of a server.</summary>
    internal static double Idle(int count)
    {
        using var server = new Injected(listens: true);
        var before = 0L;
        for (var i = 0; i < count + Paths; i++)
        {
            if (i == Paths)
            {
                before = Memory(server);
            }

            server.Open(i);
        }

        server.Skip(TimeSpan.FromSeconds(10));
        return server.Host.Tcp.ConnectionCount == count + Paths
            ? (double)(Memory(server) - before) / count
            : throw new InvalidOperationException($"{server.Host.Tcp.ConnectionCount} connections");
    }

    /// <summary>Bytes for each pair in TIME-WAIT.</summary>
    internal static double TimeWait(int count)
    {
        using var server = new Injected(listens: false);
        var closer = new Closer();
        server.Host.Listen(closer);
        var before = 0L;

        for (var i = 0; i < count + Paths; i++)
        {
            if (i == Paths)
            {
                before = Memory(server);
            }

            var next = server.Open(i);
            server.Inject(Injector.Segment(i, TcpFlags.Ack | TcpFlags.Fin, 1, next + 1, [], isSyn: false));
        }

        return server.Host.Tcp.TimeWaitCount == count + Paths
            ? (double)(Memory(server) - before) / count
            : throw new InvalidOperationException($"{server.Host.Tcp.TimeWaitCount} pairs rest");
    }

    /// <summary>
    /// Bytes for each SYN that a listener answers whose queue is not full: it is remembered until the handshake is done or given up.
    /// </summary>
    internal static double HalfOpen(int count)
    {
        using var server = new Injected(listens: true);
        Syns(server, first: 0, Paths);
        var (bytes, answered) = Syns(server, Paths, count);
        return answered == 1 ? bytes : throw new InvalidOperationException($"of {count} SYNs only {answered:p1} were answered");
    }

    /// <summary>
    /// Bytes for each SYN of a flood that finds the queue of half-open connections full, and the share of them that is answered (RFC 4987
    /// section 3.6).
    /// </summary>
    internal static (double Bytes, double Answered) Flood(int count)
    {
        const int Backlog = 1024;
        using var server = new Injected(listens: true, Backlog);
        Syns(server, first: 0, Paths);
        return Syns(server, Paths, count);
    }

    private static (double Bytes, double Answered) Syns(Injected server, int first, int count)
    {
        var (before, sent) = (Memory(server), server.Sent);
        for (var i = first; i < first + count; i++)
        {
            server.Inject(Injector.Segment(i, TcpFlags.Syn, 0, 0, [], isSyn: true));
        }

        var answered = server.Sent - sent;
        return ((double)(Memory(server) - before) / count, (double)answered / count);
    }

    private static long Memory(Injected server) => GC.GetTotalMemory(forceFullCollection: true) + server.Host.Pool.BytesInUse;
}
