using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Tracing;

/// <summary>
/// Finds the last hop that answers probes to a filtered port: where the way is known, back from the host; else from the first hop on.
/// </summary>
/// <param name="way">The hops to the host that another kind of probe found, the host itself last; <c>null</c> when none reached it.</param>
internal sealed class FilterSearch(IReadOnlyList<TraceHop>? way) : HopSearch(window: 3)
{
    /// <summary>Where the way is not known, so many silent hops end the search.</summary>
    private const int MostSilent = 4;

    private int _last;

    /// <summary>Who rejected a probe.</summary>
    public InternetAddress? Refuser { get; private set; }

    /// <summary>The port answered after all.</summary>
    public bool IsReached { get; private set; }

    /// <inheritdoc/>
    public override bool IsDone
    {
        get
        {
            for (var ttl = _last + 1; ttl <= Furthest && Refuser is null && !IsReached; ttl++)
            {
                if (IsAsked(ttl) && !IsSettled(ttl))
                {
                    return false;
                }
            }

            return true;
        }
    }

    private int Furthest => way is null ? Math.Min(_last + MostSilent, MostHops) : way.Count - 1;

    /// <summary>The result; <c>null</c> when the port answered after all.</summary>
    public FilteredTrace? ResultFor(ProbePort port) => IsReached ? null : Judge(port, _last > 0 ? HopAt(_last) : null, way, Refuser);

    /// <summary>Judges how certain it is where a filter stands.</summary>
    /// <param name="port">The filtered port.</param>
    /// <param name="last">The last hop that answered probes to it.</param>
    /// <param name="way">The hops to the host, the host itself last; <c>null</c> when unknown.</param>
    /// <param name="refuser">Who rejected a probe.</param>
    public static FilteredTrace Judge(ProbePort port, TraceHop? last, IReadOnlyList<TraceHop>? way, InternetAddress? refuser)
    {
        var from = last?.TimeToLive ?? 0;
        var next = refuser is null ? way?.FirstOrDefault(hop => hop.TimeToLive > from && hop.Address is not null) : null;
        var certainty = refuser is not null ? TraceCertainty.Named
            : next is null ? TraceCertainty.Unknown
            : next.TimeToLive == from + 1 ? TraceCertainty.Adjacent
            : TraceCertainty.Between;
        return new FilteredTrace(port, last, next, refuser, certainty);
    }

    /// <inheritdoc/>
    public override InternetAddress? ResponderTo(int ttl) => way?[ttl - 1].Address;

    /// <inheritdoc/>
    protected override int Pick()
    {
        if (way is null)
        {
            for (var ttl = _last + 1; ttl <= Furthest; ttl++)
            {
                if (StateOf(ttl) == HopState.Open)
                {
                    return ttl;
                }
            }

            return 0;
        }

        for (var ttl = Furthest; ttl > _last; ttl--)
        {
            if (IsAsked(ttl) && StateOf(ttl) == HopState.Open)
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
            case HopAnswer.Exceeded:
                _last = Math.Max(_last, ttl);
                break;
            case HopAnswer.Refused:
                Refuser = from;
                break;
            default:
                IsReached = true;
                break;
        }
    }

    // A hop that is silent to probes that get through says nothing about those that do not.
    private bool IsAsked(int ttl) => way is null || way[ttl - 1].Address is not null;
}
