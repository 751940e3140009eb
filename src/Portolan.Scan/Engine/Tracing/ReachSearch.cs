using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Tracing;

/// <summary>
/// Finds all hops to a host that answers: the host itself first, at the distance that its answers tell, then back hop by hop until one is
/// known from another
/// trace, whose beginning is taken over (as nmap does).
/// </summary>
/// <param name="distance">The likely number of hops; 0 when unknown.</param>
/// <param name="window">The most probes that wait for an answer.</param>
/// <param name="shared">Hops of other traces.</param>
internal sealed class ReachSearch(int distance, int window, SharedHops shared) : HopSearch(window)
{
    /// <summary>After so many silent hops in a row the host is not looked for further on.</summary>
    private const int MostSilent = 5;

    /// <summary>Where the distance is not known, so many hops further on are asked too.</summary>
    private const int Ahead = 5;

    private readonly int _first = distance > 0 ? Math.Min(distance, MostHops) : 1;
    private int _known;
    private int _end;
    private int _lastAnswer;

    /// <summary>The TTL that reaches the host; 0 when none does.</summary>
    public int Reach { get; private set; }

    /// <inheritdoc/>
    public override bool IsDone
    {
        get
        {
            var end = Reach > 0 ? Reach : _end;
            if (end == 0)
            {
                var top = Top;
                if (top <= MostHops && !IsGivenUp(top))
                {
                    return false;
                }

                end = top;
            }

            for (var ttl = end - 1; ttl > _known; ttl--)
            {
                if (!IsSettled(ttl))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>
    /// The trace of a host of the same network, whose answers stand for those that a router kept back; <c>null</c> for none.
    /// </summary>
    public HostTrace? Like { get; init; }

    /// <summary>The hops found. Without the host itself it ends with the last hop that answered.</summary>
    public List<TraceHop> Hops
    {
        get
        {
            var hops = new List<TraceHop>();
            var last = Reach > 0 ? Reach : _lastAnswer;
            for (var ttl = 1; ttl <= last; ttl++)
            {
                hops.Add(HopAt(ttl));
            }

            FillIn(hops);
            return hops;
        }
    }

    // The first TTL from the likely distance on that is not settled.
    private int Top
    {
        get
        {
            var top = _first;
            while (top <= MostHops && IsSettled(top))
            {
                top++;
            }

            return top;
        }
    }

    /// <inheritdoc/>
    protected override int Pick()
    {
        if (Reach == 0 && _end == 0)
        {
            var top = Top;
            var isGuessGood = distance > 0 && top == _first && AttemptsOf(top) <= 1;
            var last = isGuessGood ? top : Math.Min(top + Ahead, MostHops);
            for (var ttl = top; ttl <= last && !IsGivenUp(ttl); ttl++)
            {
                if (StateOf(ttl) == HopState.Open)
                {
                    return ttl;
                }
            }
        }

        for (var ttl = (Reach > 0 ? Reach : _end > 0 ? _end : _first) - 1; ttl > _known; ttl--)
        {
            if (StateOf(ttl) == HopState.Open)
            {
                return ttl;
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    protected override void OnAnswer(int ttl, InternetAddress from, HopAnswer answer)
    {
        switch (answer)
        {
            case HopAnswer.Reached:
                Reach = Reach == 0 ? ttl : Math.Min(Reach, ttl);
                break;
            case HopAnswer.Refused:
                _end = _end == 0 ? ttl : Math.Min(_end, ttl);
                _lastAnswer = Math.Max(_lastAnswer, Math.Min(ttl, _end));
                break;
            default:
                _lastAnswer = Math.Max(_lastAnswer, ttl);
                if (ttl - 1 > _known && shared.Find(ttl, from) is { } hops)
                {
                    for (var below = 0; below < ttl - 1; below++)
                    {
                        Adopt(hops[below]);
                    }

                    _known = ttl - 1;
                }

                break;
        }
    }

    // A router that sends so many ICMP errors a second and no more is silent to some of many hosts: those as far away in the same network,
    // whose
    // other hops are the same, go through it too.
    private void FillIn(List<TraceHop> hops)
    {
        if (Reach == 0 || Like is not { IsReached: true } like || like.Hops.Count != hops.Count)
        {
            return;
        }

        var own = hops.Count - 1;
        for (var i = 0; i < own; i++)
        {
            if (hops[i].Address is { } address && address != like.Hops[i].Address)
            {
                return;
            }
        }

        for (var i = 0; i < own; i++)
        {
            hops[i] = hops[i].Address is null ? like.Hops[i] : hops[i];
        }
    }

    // Behind the last hop that answered, or before the first where none did, nothing has answered for long.
    private bool IsGivenUp(int top) => top - Math.Max(_lastAnswer, _first - 1) > MostSilent;
}
