using Portolan.Scan.Pacing;
using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// Probes to ports that have answered before, at random through the run: what is lost of them is the network's loss, without bias. They
/// also tell whether the pace is too high, and which hosts hold back answers.
/// </summary>
/// <remarks>Senders send, the driving thread takes answers and lets waits run out.</remarks>
internal sealed class ControlProbes
{
    private const int Slots = 4096;
    private const int Numbers = 256;
    private const int MostInFlight = 3000;
    private const int MostPerTarget = 50;
    private const int SampleSize = 2048;
    private const ulong Few = 16;

    // So many tell of loss.
    private const ulong LeastOfFew = 32;
    private const ulong Least = 2000;

    private readonly Slot[] _slots = new Slot[Slots];
    private readonly long[] _sample = new long[SampleSize];
    private readonly HostGroup _group;
    private readonly RawPaths _paths;
    private readonly PaceController _pace;
    private readonly RawCounters _counters;
    private readonly LossCounts _counts;
    private readonly double _share;
    private readonly double _leastShare;
    private long _wanted;
    private long _random;
    private long _number;
    private long _oldest;
    private int _inFlight;
    private int _credit;
    private long _offered;

    /// <param name="group">The hosts.</param>
    /// <param name="paths">The ways to them.</param>
    /// <param name="context">Settings and counters.</param>
    /// <param name="pace">Hears of control probes.</param>
    /// <param name="counts">Takes what became of them.</param>
    /// <param name="planned">First probes of the stage; one control probe for each hundred, at least two thousand where there are as many,
    /// and 32 where there are fewer.</param>
    /// <param name="leastShare">At least so many of them where there are many: they are all that the pace is judged by.</param>
    /// <param name="share">Of how many probes, repeats not counted, these go behind.</param>
    public ControlProbes(
        HostGroup group, RawPaths paths, RawContext context, PaceController pace, LossCounts counts, ulong planned, ulong share,
        double leastShare = 0)
    {
        _group = group;
        _paths = paths;
        _pace = pace;
        _counters = context.Counters;
        _counts = counts;
        _random = (long)(context.Settings.Seed | 1);
        _wanted = planned == 0 || (planned < Few && context.Settings.Timing.MaxRetries == 0)
            ? 0
            : (long)Math.Max(planned / 100, Math.Clamp(planned, LeastOfFew, Least));
        _leastShare = planned < Least ? 0 : leastShare;
        _wanted = Math.Max(_wanted, (long)(share * _leastShare));

        // A few probes are not kept waiting: their control probes go out in the wait for an answer, if one is missing.
        _share = planned < Few ? 0 : Math.Min(0.5, _wanted / Math.Max(1.0, share));
    }

    /// <summary>Hosts whose control probes are to be looked at one by one; <c>null</c> while there are none.</summary>
    public SuspectHosts? Suspects { get; set; }

    /// <summary>What became of those that were sent while nothing else was: they do not see what a pace that is too high loses.</summary>
    public LossCounts Quiet { get; private set; } = new();

    /// <summary>Forgets <see cref="Quiet"/>.</summary>
    public void ForgetQuiet() => Quiet = new();

    /// <summary>What is asked of a host by number; ports, unless something else is said.</summary>
    public Func<int, (ProbeKind Kind, ushort Port)>? Methods { get; init; }

    /// <summary>Hears of each that ends, so that hosts are known that answer nothing more; <c>null</c> unless requested.</summary>
    public SilencedHosts? Silenced { get; init; }

    /// <summary>Takes what became of control probes by hosts.</summary>
    public HostLosses? ByHost { get; init; }

    /// <summary>Control probes whose answers are still waited for.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Control probes that are still to be sent, as far as there are answered ports to send them to.</summary>
    public long Missing => Math.Max(0, Math.Min(_wanted, MostPerTarget * Volatile.Read(ref _offered)) - Volatile.Read(ref _number));

    /// <summary>So many more probes are to be sent: the least share of control probes is kept among them.</summary>
    public void Extend(ulong probes) => _wanted = Math.Max(_wanted, Volatile.Read(ref _number) + (long)(probes * _leastShare));

    /// <summary>A port has answered and may be asked again.</summary>
    public void Offer(int host, int port)
    {
        // A fair sample of all that have answered (Vitter's algorithm R).
        var place = _offered < SampleSize ? _offered : (long)(NextRandom() % (ulong)(_offered + 1));
        if (place < SampleSize)
        {
            Volatile.Write(ref _sample[place], ((long)host << 20) | (uint)port);
        }

        Volatile.Write(ref _offered, _offered + 1);
    }

    /// <summary>A probe was sent; now and then a control probe follows it.</summary>
    public void AfterProbe(RawSender sender, int host, long now)
    {
        if (Suspects is { } suspects && suspects.TryTakeTurn(host, out var port))
        {
            Send(sender, host, port, now, isSuspect: true);
            _pace.Charge(1);
            return;
        }

        if (_share <= 0 || Volatile.Read(ref _offered) == 0)
        {
            return;
        }

        var credit = Interlocked.Add(ref _credit, (int)(_share * 65536));
        if (credit >= 65536)
        {
            Interlocked.Add(ref _credit, -65536);
            if (Missing > 0)
            {
                SendOne(sender, now);
                _pace.Charge(1);
            }
        }
    }

    /// <summary>Sends one to a random answered port.</summary>
    /// <param name="sender">The sender.</param>
    /// <param name="now">The time.</param>
    /// <param name="isQuiet">No probes are sent now.</param>
    public void SendOne(RawSender sender, long now, bool isQuiet = false)
    {
        var filled = (ulong)Math.Min(Volatile.Read(ref _offered), SampleSize);
        if (filled == 0)
        {
            return;
        }

        var packed = Volatile.Read(ref _sample[NextRandom() % filled]);
        var (host, port) = ((int)(packed >> 20), (int)(packed & 0xfffff));
        if (_group.IsActive(host) && !(Suspects?.IsExcluded(host) ?? false))
        {
            Send(sender, host, port, now, isSuspect: false, isQuiet);
        }
    }

    /// <summary>An answer to a control probe came.</summary>
    /// <returns>It was waited for.</returns>
    public bool Take(int host, int port, ProbeTag tag, long now, out long sentAt)
    {
        for (var place = (int)tag.Control; place < Slots; place += Numbers)
        {
            ref var slot = ref _slots[place];
            if (slot.SentAt > 0 && slot.Host == host && slot.Port == port)
            {
                sentAt = slot.SentAt;
                Close(ref slot, isLost: false);
                _pace.CountAnswer(sentAt, isControl: true, now);
                return true;
            }
        }

        sentAt = 0;
        return false;
    }

    /// <summary>Those whose wait is over are lost.</summary>
    public void Expire(long now, long wait)
    {
        for (var number = Volatile.Read(ref _number); _oldest < number; _oldest++)
        {
            ref var slot = ref _slots[(int)(_oldest % Slots)];
            var sentAt = Volatile.Read(ref slot.SentAt);
            if (sentAt <= 0)
            {
                continue;
            }

            if (now - sentAt < wait)
            {
                return;
            }

            Close(ref slot, isLost: true);
        }
    }

    /// <summary>When the oldest one's wait is over; the far future when there is none.</summary>
    public long NextExpiry(long wait) =>
        InFlight > 0 && Volatile.Read(ref _slots[(int)(_oldest % Slots)].SentAt) is var sentAt and > 0 ? sentAt + wait : long.MaxValue;

    /// <summary>One was not sent after all.</summary>
    public void Cancel(ulong number)
    {
        ref var slot = ref _slots[(int)(number % Slots)];
        if (Interlocked.Exchange(ref slot.SentAt, -1) > 0)
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private void Send(RawSender sender, int host, int port, long now, bool isSuspect, bool isQuiet = false)
    {
        if (Volatile.Read(ref _inFlight) >= MostInFlight || !_paths.TryFind(host, out var path, out var nextHop))
        {
            return;
        }

        var number = Interlocked.Increment(ref _number) - 1;
        ref var slot = ref _slots[(int)(number % Slots)];
        if (Volatile.Read(ref slot.SentAt) > 0)
        {
            return;
        }

        var (kind, number16) = Methods?.Invoke(port) ?? ProbeOf(_group.PortsOf(host)[port]);
        slot.Host = host;
        slot.Port = port;
        slot.IsSuspect = isSuspect;
        slot.IsQuiet = isQuiet;
        Interlocked.Increment(ref _inFlight);
        Volatile.Write(ref slot.SentAt, Math.Max(1, now));
        sender.Send(
            path,
            nextHop,
            _group.AddressOf(host),
            kind,
            number16,
            ProbeTag.ForControl((uint)(number % Slots)),
            new SentProbe(ProbeOrigin.Control, (ulong)number));
        _counters.CountRetries(1, areControls: true);
        if (!isSuspect)
        {
            _pace.CountSent(now, 1, areControls: true);
        }
    }

    private static (ProbeKind Kind, ushort Port) ProbeOf(Results.ProbePort port) =>
        (port.Protocol == Model.TransportProtocol.Udp ? ProbeKind.Udp : ProbeKind.Tcp, port.Port.Value);

    private void Close(ref Slot slot, bool isLost)
    {
        var sentAt = Interlocked.Exchange(ref slot.SentAt, -1);
        if (sentAt <= 0)
        {
            return;
        }

        Interlocked.Decrement(ref _inFlight);
        Silenced?.OnControl(slot.Host, isLost, sentAt);
        if (slot.IsSuspect)
        {
            Suspects?.Count(slot.Host, isLost);
        }
        else if (!(Suspects?.IsExcluded(slot.Host) ?? false))
        {
            (slot.IsQuiet ? Quiet : _counts).CountControl(isLost);
            ByHost?.CountControl(
                slot.Host, _group.StateOf(slot.Host, slot.Port) is Model.PortState.Closed or Model.PortState.Unfiltered, slot.IsQuiet,
                isLost);
        }
    }

    // Xorshift64 (Marsaglia 2003). A lost update of two threads does no harm.
    private ulong NextRandom()
    {
        var x = (ulong)Volatile.Read(ref _random);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        Volatile.Write(ref _random, (long)x);
        return x * 0x2545_f491_4f6c_dd1d >> 16;
    }

    private struct Slot
    {
        public long SentAt;
        public int Host;
        public int Port;
        public bool IsSuspect;
        public bool IsQuiet;
    }
}
