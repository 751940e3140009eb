using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Tracing;

/// <summary>Puts the events of live packets together, packet by packet.</summary>
/// <remarks>
/// The kernel does not tell that a packet has gone: it has when a rule ended it, when its number begins anew at the trace's own table, or
/// when nothing was heard of it for a while. Events go to everybody who listens, also those of packets that another rule has marked
/// (<c>meta nftrace set 1</c>) or another trace: a packet counts when a rule of the own table has told of it, which it does only of what it
/// marked. One thread; the time is handed in.
/// </remarks>
/// <param name="ownTable">The table that has packets traced.</param>
public sealed class PacketAssembler(string ownTable)
{
    /// <summary>So many packets are followed at once; the oldest is given out before there are more.</summary>
    private const int MostOpen = 1024;

    /// <summary>A packet of which nothing is heard for so long has gone.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<uint, Open> _open = [];
    private readonly Queue<TracedPacket> _done = new();

    /// <summary>Takes an event.</summary>
    public void Take(TraceEvent told, DateTimeOffset now)
    {
        var isBeginning = IsOwn(told) && told is { Kind: TraceEventKind.Rule, IsEndOfRules: false };
        if (isBeginning && _open.TryGetValue(told.PacketId, out var before) && before is { IsAsked: true, Events.Count: > 0 }
            && !before.Continues(told))
        {
            Finish(told.PacketId);
        }

        if (!_open.TryGetValue(told.PacketId, out var packet))
        {
            if (_open.Count == MostOpen)
            {
                // Others may have everything traced.
                Finish(_open.MinBy(static pair => (pair.Value.IsAsked, pair.Value.SeenAt)).Key);
            }

            _open.Add(told.PacketId, packet = new Open(now));
        }

        packet.IsAsked |= isBeginning;
        packet.Take(told, now, isShown: !IsOwn(told) && !IsOfAnotherTrace(told));
        if (packet.IsEnded)
        {
            Finish(told.PacketId);
        }
    }

    /// <summary>Gives out the next packet that has gone.</summary>
    /// <param name="now">The time.</param>
    /// <param name="isLast">Whether no more events come: then every packet has gone.</param>
    /// <param name="packet">The packet.</param>
    public bool TryGive(DateTimeOffset now, bool isLast, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TracedPacket? packet)
    {
        if (_done.Count == 0)
        {
            foreach (var id in _open.Where(pair => isLast || now - pair.Value.HeardAt >= Patience).OrderBy(static pair => pair.Value.SeenAt)
                .Select(static pair => pair.Key).ToList())
            {
                Finish(id);
            }
        }

        return _done.TryDequeue(out packet);
    }

    private bool IsOwn(TraceEvent told) =>
        told.Family == RuleFamily.Inet && string.Equals(told.TableName, ownTable, StringComparison.Ordinal);

    /// <summary>Another trace that runs does nothing with the packet either.</summary>
    private static bool IsOfAnotherTrace(TraceEvent told) =>
        told is { Family: RuleFamily.Inet, Verdict: VerdictKind.Continue or VerdictKind.Accept, ChainName: "prerouting" or "output" }
        && told.TableName.StartsWith(LiveTrace.Name, StringComparison.Ordinal)
        && told.TableName.AsSpan(LiveTrace.Name.Length).IndexOfAnyExceptInRange('0', '9') < 0;

    private void Finish(uint id)
    {
        if (_open.Remove(id, out var packet) && packet.IsAsked)
        {
            _done.Enqueue(packet.Close());
        }
    }

    private sealed class Open(DateTimeOffset seenAt)
    {
        private TraceEvent? _first;
        private int _input;
        private int _output;
        private uint _mark;

        internal DateTimeOffset SeenAt { get; } = seenAt;

        internal DateTimeOffset HeardAt { get; private set; } = seenAt;

        internal List<TraceEvent> Events { get; } = [];

        internal bool IsEnded { get; private set; }

        /// <summary>Whether the own table has marked it.</summary>
        internal bool IsAsked { get; set; }

        /// <summary>A packet made here comes to the trace's table a second time when it comes back over loopback.</summary>
        internal bool Continues(TraceEvent told) => _first is not null
            && _first.ChainName is "output"
            && told.ChainName is "prerouting"
            && _first.TransportHeader.Span.SequenceEqual(told.TransportHeader.Span);

        internal void Take(TraceEvent told, DateTimeOffset now, bool isShown)
        {
            HeardAt = now;
            if (_first is null || (_first.NetworkHeader.IsEmpty && !told.NetworkHeader.IsEmpty))
            {
                _first = told;
            }

            _input = _input == 0 ? told.InputInterface : _input;
            _output = told.OutputInterface == 0 ? _output : told.OutputInterface;
            _mark = told.Mark == 0 ? _mark : told.Mark;
            if (isShown)
            {
                Events.Add(told);
                IsEnded = told.Kind != TraceEventKind.Return
                    && told.Verdict is (VerdictKind.Drop or VerdictKind.Queue or VerdictKind.Stolen);
            }
        }

        internal TracedPacket Close() => new(SeenAt, Events)
        {
            NetworkHeader = _first?.NetworkHeader ?? default,
            TransportHeader = _first?.TransportHeader ?? default,
            InputInterface = _input,
            OutputInterface = _output,
            Mark = _mark,
        };
    }
}
