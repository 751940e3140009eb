namespace Portolan.Scan.Pacing;

/// <summary>
/// What each host added to the counts of loss. So what a host held back can be taken back, for it is not a loss of the path; and hosts that
/// lose far more, or less, than the others get figures of their own: what is missed of a lossy one cannot be told from the average of all.
/// </summary>
/// <remarks>
/// For one thread at a time. Eight bytes for each host, more only for those that lost something or were sent control probes.
/// </remarks>
internal sealed class HostLosses(int hosts)
{
    private const int LateFrom = LossCounts.Attempts;

    // Another look at the rest when lossy hosts are out of the average.
    private const int Looks = 3;

    private readonly int[] _refusedFirst = new int[hosts];
    private readonly int[] _otherFirst = new int[hosts];
    private readonly Dictionary<(int Host, int Attempt), (int Refused, int Other)> _later = [];
    private readonly Dictionary<int, Controls> _controls = [];

    /// <summary>A port answered in time.</summary>
    public void CountAnswer(int host, int attempt, bool isRefusal)
    {
        if (attempt == 0)
        {
            (isRefusal ? ref _refusedFirst[host] : ref _otherFirst[host])++;
        }
        else
        {
            CountLater(host, Math.Min(attempt, LossCounts.Attempts - 1), isRefusal);
        }
    }

    /// <summary>A port was found late.</summary>
    public void CountLate(int host, int lastAttempt, bool isRefusal) =>
        CountLater(host, LateFrom + Math.Min(lastAttempt, LossCounts.Attempts - 1), isRefusal);

    /// <summary>A control probe ended.</summary>
    /// <param name="host">The host.</param>
    /// <param name="isRefusal">Its port refuses.</param>
    /// <param name="isQuiet">Nothing else was sent then; see <see cref="CountsOf"/>.</param>
    /// <param name="isLost">It got no answer.</param>
    public void CountControl(int host, bool isRefusal, bool isQuiet, bool isLost)
    {
        var counts = _controls.TryGetValue(host, out var known) ? known : _controls[host] = new Controls();
        ref var tally = ref isQuiet ? ref counts.Quiet : ref isRefusal ? ref counts.Refused : ref counts.Other;
        tally = (tally.Sent + 1, tally.Lost + (isLost ? 1 : 0));
    }

    /// <summary>Hosts that got control probes.</summary>
    public IEnumerable<int> Controlled => _controls.Keys;

    /// <summary>What became of a host's control probes: of those whose ports refuse, of those that accept, and of all.</summary>
    public (AnswerShare Refusals, AnswerShare Acceptances, AnswerShare All) ControlsOf(int host)
    {
        if (!_controls.TryGetValue(host, out var controls))
        {
            return default;
        }

        var (refusals, acceptances) = (Share(controls.Refused), Share(controls.Other));
        return (refusals, acceptances, refusals + acceptances + Share(controls.Quiet));

        static AnswerShare Share((int Sent, int Lost) tally) => new(tally.Sent, tally.Sent - tally.Lost);
    }

    /// <summary>Takes all that a host added out of counts; control probes that were quiet are not in them.</summary>
    public void TakeBack(int host, LossCounts counts) => counts.Remove(CountsOf(host, withQuiet: false));

    /// <summary>It is taken back for good; quiet control probes of all hosts are forgotten.</summary>
    public void Forget(int host)
    {
        (_refusedFirst[host], _otherFirst[host]) = (0, 0);
        for (var slot = 0; slot < 2 * LossCounts.Attempts; slot++)
        {
            _later.Remove((host, slot));
        }

        _controls.Remove(host);
        ForgetQuiet();
    }

    /// <summary>Takes the refusals of a host out of counts; control probes that were quiet are not in them.</summary>
    public void TakeBackRefusals(int host, LossCounts counts)
    {
        counts.CountAnswer(0, -_refusedFirst[host]);
        for (var attempt = 1; attempt < LossCounts.Attempts; attempt++)
        {
            counts.CountAnswer(attempt, -_later.GetValueOrDefault((host, attempt)).Refused);
        }

        for (var attempt = 0; attempt < LossCounts.Attempts; attempt++)
        {
            counts.CountLate(attempt, -_later.GetValueOrDefault((host, LateFrom + attempt)).Refused);
        }

        var (sent, lost) = _controls.TryGetValue(host, out var controls) ? controls.Refused : default;
        counts.CountControls(-sent, -lost);
    }

    /// <summary>They are taken back for good, and quiet control probes are forgotten.</summary>
    public void ForgetRefusals(int host)
    {
        _refusedFirst[host] = 0;
        for (var attempt = 0; attempt < 2 * LossCounts.Attempts; attempt++)
        {
            if (_later.TryGetValue((host, attempt), out var count))
            {
                _later[(host, attempt)] = (0, count.Other);
            }
        }

        if (_controls.TryGetValue(host, out var controls))
        {
            controls.Refused = default;
        }

        ForgetQuiet();
    }

    /// <summary>
    /// Takes back control probes that were lost because a host had stopped to answer, so that they are no loss of the path.
    /// </summary>
    /// <param name="host">The host.</param>
    /// <param name="most">The most of each kind.</param>
    /// <returns>How many are to be taken out of counts, and out of those of quiet ones.</returns>
    public (int Lost, int LostInQuiet) TakeBackLost(int host, int most)
    {
        static int Take(ref (int Sent, int Lost) tally, int most)
        {
            var taken = Math.Min(tally.Lost, most);
            tally = (tally.Sent - taken, tally.Lost - taken);
            return taken;
        }

        return _controls.TryGetValue(host, out var counts)
            ? (Take(ref counts.Refused, most) + Take(ref counts.Other, most), Take(ref counts.Quiet, most))
            : default;
    }

    /// <summary>Distinguishes hosts that lose far more or less than the rest.</summary>
    /// <param name="all">The counts of all hosts together.</param>
    /// <param name="silentOf">Silent ports of a host that are among those of <paramref name="all"/>.</param>
    /// <param name="withQuiet">Quiet control probes are in the counts.</param>
    /// <returns>The rest first, then one stratum for each other tier.</returns>
    public List<LossStratum> Tiers(LossStratum all, Func<int, long> silentOf, bool withQuiet)
    {
        var tiers = new SortedDictionary<int, (LossCounts Counts, long Silent)>();
        var rest = new LossCounts();
        rest.Add(all.Counts);
        var silent = all.Silent;
        var open = new List<int>(hosts);
        open.AddRange(Enumerable.Range(0, hosts).Where(h => HasEnough(h, withQuiet)));
        for (var look = 0; look < Looks && open.Count > 0; look++)
        {
            var average = new LossTier([all with { Counts = rest }]);
            var apart = new List<(int Host, int Tier, LossCounts Counts)>();
            open.RemoveAll(host =>
            {
                var counts = CountsOf(host, withQuiet);
                if (average.TierOf(all with { Counts = counts }, open.Count) is not (var tier and > 0))
                {
                    return false;
                }

                apart.Add((host, tier, counts));
                return true;
            });
            foreach (var (host, tier, counts) in apart)
            {
                var (sum, before) = tiers.TryGetValue(tier, out var known) ? known : (new LossCounts(), 0);
                var own = Math.Min(silent, silentOf(host));
                sum.Add(counts);
                rest.Remove(counts);
                silent -= own;
                tiers[tier] = (sum, before + own);
            }

            if (apart.Count == 0)
            {
                break;
            }
        }

        return [all with { Counts = rest, Silent = silent }, .. tiers.Select(t => all with
        {
            Tier = t.Key,
            Counts = t.Value.Counts,
            Silent = t.Value.Silent,
        })];
    }

    /// <summary>What a host added.</summary>
    private LossCounts CountsOf(int host, bool withQuiet)
    {
        var counts = new LossCounts();
        counts.CountAnswer(0, _refusedFirst[host] + _otherFirst[host]);
        for (var attempt = 0; attempt < LossCounts.Attempts; attempt++)
        {
            if (_later.TryGetValue((host, attempt), out var answered))
            {
                counts.CountAnswer(attempt, answered.Refused + answered.Other);
            }

            if (_later.TryGetValue((host, LateFrom + attempt), out var late))
            {
                counts.CountLate(attempt, late.Refused + late.Other);
            }
        }

        if (_controls.TryGetValue(host, out var controls))
        {
            var quiet = withQuiet ? controls.Quiet : default;
            counts.CountControls(
                controls.Refused.Sent + controls.Other.Sent + quiet.Sent, controls.Refused.Lost + controls.Other.Lost + quiet.Lost);
        }

        return counts;
    }

    private bool HasEnough(int host, bool withQuiet)
    {
        var controls = _controls.GetValueOrDefault(host);
        return _refusedFirst[host] + _otherFirst[host]
            + (controls is null
                ? 0
                : controls.Refused.Sent + controls.Other.Sent + (withQuiet ? controls.Quiet.Sent : 0)) >= LossTier.LeastTrials
            || _later.ContainsKey((host, 1));
    }

    private void ForgetQuiet()
    {
        foreach (var counts in _controls.Values)
        {
            counts.Quiet = default;
        }
    }

    private void CountLater(int host, int slot, bool isRefusal)
    {
        var (refused, other) = _later.GetValueOrDefault((host, slot));
        _later[(host, slot)] = isRefusal ? (refused + 1, other) : (refused, other + 1);
    }

    private sealed class Controls
    {
        public (int Sent, int Lost) Refused;
        public (int Sent, int Lost) Other;
        public (int Sent, int Lost) Quiet;
    }
}
