using System.Diagnostics;
using Portolan.Tests.Transport.Hostile.Attacks;
using Portolan.Transport;

namespace Portolan.StackScenarios;

/// <summary>What one attack costs.</summary>
/// <param name="Rate">Packets of strangers a second that the victim took.</param>
/// <param name="Nanoseconds">What the victim took for each, until it had answered.</param>
/// <param name="Packets">Packet memory at its peak above that of a victim at peace, bytes.</param>
/// <param name="Managed">Other memory above what there was before, bytes; the strangers' own is in it.</param>
/// <param name="Throughput">Of a stream beside it, as a part of that of a stream of a victim at peace.</param>
internal readonly record struct HostileCost(double Rate, double Nanoseconds, long Packets, long Managed, double Throughput);

/// <summary>
/// Two victims in turn, one attacked and one at peace, each with a good peer that sends it a stream. One thread does all the work of the
/// good peer, of the victim and of its answers, and that time counts. Writing the attack's packets is left out: other machines do that.
/// </summary>
internal sealed class HostileMeasure : IDisposable
{
    private const int Port = 80;

    /// <summary>Packets of strangers between two rounds of the link, which hands over 64 at once; more wait.</summary>
    private const int MostAtOnce = 64;

    /// <summary>What waits in the ring of a network card at most; the rest is lost.</summary>
    private const int MostWaiting = 4096;
    private static readonly long Slice = Stopwatch.Frequency / 20;
    private static readonly long Warming = Stopwatch.Frequency / 4;

    private readonly Side _attacked;
    private readonly Side _peace;

    private HostileMeasure(Attack attack)
    {
        _attacked = new Side(attack);
        _peace = new Side(attack);
    }

    internal static HostileCost Of(string name, double rate, double seconds)
    {
        using var measure = new HostileMeasure(Attack.All().Single(a => a.Name == name));
        return measure.Run(rate, seconds);
    }

    public void Dispose()
    {
        _attacked.World.Dispose();
        _peace.World.Dispose();
    }

    private HostileCost Run(double rate, double seconds)
    {
        _attacked.Run(Warming, 0);
        _peace.Run(Warming, 0);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        _attacked.Prepare();
        _attacked.Mark();
        _peace.Mark();
        while (_attacked.Ticks < seconds * Stopwatch.Frequency)
        {
            _peace.Run(Slice, 0);
            _attacked.Run(Slice, rate);
        }

        var world = _attacked.World;
        var managed = GC.GetTotalMemory(forceFullCollection: true) - before;
        return new HostileCost(
            _attacked.Strikes / Seconds(_attacked.Ticks),
            Seconds(_attacked.StrikeTicks) * 1e9 / Math.Max(1, _attacked.Strikes),
            Math.Max(0, world.MemoryPeak - _peace.World.MemoryPeak),
            Math.Max(0, managed),
            _attacked.BytesPerSecond / _peace.BytesPerSecond);
    }

    private static double Seconds(long ticks) => (double)ticks / Stopwatch.Frequency;

    /// <summary>A victim with its good peer, and a clock that stands still while others work.</summary>
    private sealed class Side
    {
        private readonly Attack _attack;
        private readonly Host _reader = new(Manner.Reads);
        private long _ran;
        private long _started;
        private long _leftOut;
        private (long Ran, long Read, long Strikes, long StrikeTicks) _mark;
        private double _due;

        internal Side(Attack attack)
        {
            _attack = attack;
            _started = Stopwatch.GetTimestamp();
            World = new HostileWorld(
                new NetworkStackOptions(), () => new Instant(3_600_000_000_000 + (long)(Now * 1e9 / Stopwatch.Frequency)));
            var writer = new Talker();
            World.OpenStream(attack.IsAboutSending ? _reader : writer, attack.IsAboutSending ? writer : _reader, Port);
            _ran = Now;
        }

        internal HostileWorld World { get; }

        internal long Ticks => _ran - _mark.Ran;

        internal long Strikes => World.Strikes - _mark.Strikes;

        internal long StrikeTicks => World.StrikeTicks - _mark.StrikeTicks;

        internal double BytesPerSecond => (_reader.Read - _mark.Read) / Seconds(Ticks);

        private long Now => _ran + Stopwatch.GetTimestamp() - _started - _leftOut;

        internal void Prepare()
        {
            (_started, _leftOut) = (Stopwatch.GetTimestamp(), 0);
            _attack.Prepare(World);
            _ran = Now;
        }

        internal void Mark() => _mark = (_ran, _reader.Read, World.Strikes, World.StrikeTicks);

        internal void Run(long ticks, double rate)
        {
            (_started, _leftOut) = (Stopwatch.GetTimestamp(), 0);
            var (end, from) = (_ran + ticks, _ran);
            while (Now < end)
            {
                var now = Now;
                Strike(rate, now - from);
                from = now;
                World.Step();
            }

            _ran = Now;
        }

        private void Strike(double rate, long since)
        {
            _due = Math.Min(MostWaiting, _due + (rate * since / Stopwatch.Frequency));
            for (var most = World.Strikes + MostAtOnce; _due >= 1 && World.Strikes < most;)
            {
                var (start, inside, strikes) = (Stopwatch.GetTimestamp(), World.StrikeTicks, World.Strikes);
                _attack.Strike(World);
                _leftOut += Stopwatch.GetTimestamp() - start - (World.StrikeTicks - inside);
                _due -= Math.Max(1, World.Strikes - strikes);
            }
        }
    }
}
