namespace Portolan.Cli.Live;

/// <summary>
/// How far apart looks are: as far as was asked for, or so far that they take one hundredth of a core. In whole seconds where it stretches.
/// </summary>
/// <remarks>
/// The figures of sockets are had by dumps only: on a machine with many sockets a look costs more. Where the kernel reports new listeners a
/// look follows at once, and looks take a twentieth of a core at most while there is news.
/// </remarks>
internal sealed class LivePace(TimeSpan least)
{
    private const int Share = 100;
    private const int BusyShare = 20;
    private static readonly TimeSpan LeastGap = TimeSpan.FromMilliseconds(200);

    /// <summary>One look that had to wait for something does not count whole.</summary>
    private const int Weight = 4;

    private TimeSpan? _cost;
    private bool _hasFirst;

    /// <summary>From the beginning of a look to that of the next.</summary>
    public TimeSpan Every =>
        _cost is { } cost && cost * Share > least ? TimeSpan.FromSeconds(Math.Ceiling(cost.TotalSeconds * Share)) : least;

    /// <summary>From the beginning of a look to that of one for which there is news.</summary>
    public TimeSpan Gap => _cost is { } cost && cost * BusyShare > LeastGap ? cost * BusyShare : LeastGap;

    /// <summary>Takes what a look took. The first one is left out: it opens files that later ones have.</summary>
    public void Add(TimeSpan cost)
    {
        if (!_hasFirst)
        {
            _hasFirst = true;
            return;
        }

        _cost = _cost is { } before ? ((before * (Weight - 1)) + cost) / Weight : cost;
    }
}
