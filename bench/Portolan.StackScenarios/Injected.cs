using System.Buffers.Binary;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.StackScenarios;

/// <summary>A server alone, whose clients are packets written by hand: what it costs is the server's own work.</summary>
internal sealed class Injected : IDisposable
{
    private readonly NullLink _link = new();

    internal Injected(bool listens, int backlog = 1 << 22)
    {
        Host = new StackHost(2, _link, StackPair.ServerAddress);
        if (listens)
        {
            Host.Listen(Reader, backlog);
        }
    }

    internal StackHost Host { get; }

    internal Reader Reader { get; } = new();

    internal Instant Now { get; private set; } = new(1_000_000_000_000);

    internal long Sent => _link.Sent;

    internal void Inject(byte[] packet)
    {
        Now = new Instant(Now.Nanoseconds + 1000);
        Injector.Inject(Host, packet, Now);
    }

    /// <summary>Hands frames over in batches, as a link does that has more to give.</summary>
    internal void InjectAll(byte[][] packets, long[] spent)
    {
        _link.Offer(packets, spent);
        do
        {
            Now = new Instant(Now.Nanoseconds + 1000);
        }
        while (Host.Step(Now) > 0);
    }

    /// <summary>Opens a connection. Returns the server's next sequence number.</summary>
    internal uint Open(int client)
    {
        Inject(Injector.Segment(client, TcpFlags.Syn, 0, 0, [], isSyn: true));
        var next = BinaryPrimitives.ReadUInt32BigEndian(_link.Last.AsSpan(Ipv4Writer.Length + 4)) + 1;
        Inject(Injector.Segment(client, TcpFlags.Ack, 1, next, [], isSyn: false));
        return next;
    }

    internal void Skip(TimeSpan time)
    {
        Now = new Instant(Now.Nanoseconds + (time.Ticks * TimeSpan.NanosecondsPerTick));
        Host.Step(Now);
    }

    public void Dispose() => Host.Dispose();
}
