using System.Diagnostics;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace Portolan.StackScenarios;

/// <summary>
/// Two whole stacks on a wire of Ethernet frames in memory, run by one thread. Time is the machine's, and can be moved on so that TIME-WAIT
/// ends.
/// </summary>
internal sealed class StackPair : IDisposable
{
    internal const string ClientAddress = "198.18.0.1";
    internal const string ServerAddress = "198.18.0.2";

    private readonly MemoryWire _wire;
    private readonly FrameTime _time = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _skipped = TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerHour;

    internal StackPair(params string[] moreClients)
        : this(LinkLayer.Ethernet, moreClients)
    {
    }

    /// <summary>With frames of Ethernet on the wire, or with packets of IP.</summary>
    internal StackPair(LinkLayer layer, params string[] moreClients)
    {
        // Nobody else may send meanwhile, so the queues are as long as a network card's.
        _wire = new MemoryWire(Mac(1), Mac(2), new MemoryLinkOptions { Capacity = 1024, Layer = layer, Time = _time });
        Client = new StackHost(1, _wire.Left, [ClientAddress, .. moreClients]);
        Server = new StackHost(2, _wire.Right, ServerAddress);
    }

    internal StackHost Client { get; }

    internal StackHost Server { get; }

    internal Instant Now => new(_time.Now = _skipped + (long)(Stopwatch.GetElapsedTime(_start).TotalMilliseconds * 1e6));

    /// <summary>Whether frames are on the wire.</summary>
    internal bool HasFrames => _wire.Left.HasFrames || _wire.Right.HasFrames;

    private static MacAddress Mac(byte last) => new(0x0200_0000_0000 | (ulong)last);

    /// <summary>Lets both hosts do what there is to do; false when nothing came.</summary>
    internal bool Step() => Step(Now);

    /// <inheritdoc cref="Step()"/>
    internal bool Step(Instant now) => Client.Step(now) + Server.Step(now) > 0;

    /// <summary>Steps until a condition holds.</summary>
    internal void Until(Func<bool> isDone)
    {
        var since = Stopwatch.GetTimestamp();
        while (!isDone())
        {
            if (!Step() && Stopwatch.GetElapsedTime(since) > TimeSpan.FromMinutes(2))
            {
                throw new TimeoutException("the two hosts have come to a standstill");
            }
        }
    }

    /// <summary>Moves time on.</summary>
    internal void Skip(TimeSpan time)
    {
        _skipped += time.Ticks * TimeSpan.NanosecondsPerTick;
        Step();
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
        _wire.Dispose();
    }

    /// <summary>Frames are as old as the hosts' time says, so that the clock is read once for both.</summary>
    private sealed class FrameTime : TimeProvider
    {
        internal long Now { get; set; }

        public override long GetTimestamp() => Now;
    }
}
