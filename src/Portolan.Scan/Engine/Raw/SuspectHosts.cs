using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// Hosts that answered some probes with RST and left others silent. Either a filter drops those, or the host limits its RSTs. Control
/// probes to a closed port, sent among the repeated probes, tell: behind a filter they are answered.
/// </summary>
/// <remarks>Senders take turns, the driving thread counts.</remarks>
internal sealed class SuspectHosts
{
    private const int Every = 8;
    private const int LeastSent = 4;

    /// <summary>A network may lose so many of its probes without anybody limiting them.</summary>
    public const double LeastShare = 0.5;

    private const double ByChance = 0.02;

    // More than half are lost by networks too; a host that sends a few hundred RSTs a second holds back nearly all.
    private const double ShareAlone = 0.7;

    private readonly Dictionary<int, Suspect> _suspects = [];
    private readonly HashSet<int> _excluded = [];
    private readonly HashSet<int> _stopped = [];

    /// <summary>There are hosts to look at.</summary>
    public bool IsEmpty => _suspects.Count == 0;

    /// <summary>Adds a host; not while senders run.</summary>
    /// <param name="host">The host.</param>
    /// <param name="closedPort">A port of it that answered with RST.</param>
    /// <param name="silent">Its silent ports.</param>
    public void Add(int host, int closedPort, int silent) =>
        _suspects[host] = new Suspect(closedPort, Math.Clamp(silent / LeastSent, 1, Every));

    /// <summary>Forgets those to look at, not those that were found.</summary>
    public void Clear() => _suspects.Clear();

    /// <summary>Whether a control probe is due after a probe to this host.</summary>
    public bool TryTakeTurn(int host, out int port)
    {
        port = 0;
        if (!_suspects.TryGetValue(host, out var suspect) || Interlocked.Increment(ref suspect.Turn) % suspect.Every != 0)
        {
            return false;
        }

        port = suspect.ClosedPort;
        return true;
    }

    /// <summary>A control probe to a suspect ended.</summary>
    public void Count(int host, bool isLost)
    {
        if (_suspects.TryGetValue(host, out var suspect))
        {
            suspect.Sent++;
            suspect.Lost += isLost ? 1 : 0;
        }
    }

    /// <summary>Those to look at.</summary>
    public IEnumerable<int> Hosts => _suspects.Keys;

    /// <summary>What became of the control probes to a suspect.</summary>
    public AnswerShare ControlsOf(int host) =>
        _suspects.TryGetValue(host, out var suspect) ? new AnswerShare(suspect.Sent, suspect.Sent - suspect.Lost) : default;

    /// <summary>Hosts whose control probes were lost far more often than the network's loss explains: they limit their answers.</summary>
    /// <param name="loss">The loss of all others; <c>null</c> when no other tells.</param>
    public List<int> FindLimited(double? loss) => [.. _suspects.Keys.Where(host => IsLimited(ControlsOf(host), loss))];

    /// <summary>Whether a host's control probes were lost far more often than the network's loss explains.</summary>
    /// <param name="controls">What became of them.</param>
    /// <param name="loss">As in <see cref="FindLimited"/>.</param>
    /// <param name="chance">How often chance may say so.</param>
    public static bool IsLimited(AnswerShare controls, double? loss, double chance = ByChance)
    {
        var expected = loss is { } known ? Math.Max(LeastShare, (1 + (2 * known)) / 3) : ShareAlone;
        var lost = controls.Sent - controls.Answered;
        return controls.Sent >= LeastSent && lost > expected * controls.Sent
            && BetaDistribution.Cumulative(loss ?? LeastShare, lost, controls.Answered + 1) < chance;
    }

    /// <summary>The host limits its answers: its losses are not the network's.</summary>
    public void Exclude(int host) => _excluded.Add(host);

    /// <summary>The host answers nothing more; that it limits its answers is not known.</summary>
    public void Stop(int host)
    {
        _excluded.Remove(host);
        _stopped.Add(host);
    }

    /// <summary>See <see cref="Exclude"/> and <see cref="Stop"/>.</summary>
    public bool IsExcluded(int host) => _excluded.Contains(host) || _stopped.Contains(host);

    private sealed class Suspect(int closedPort, int every)
    {
        public int Turn;

        public int ClosedPort { get; } = closedPort;

        public int Every { get; } = every;

        public int Sent { get; set; }

        public int Lost { get; set; }
    }
}
