namespace Portolan.Cli.Live;

/// <summary>
/// How far apart looks are: as far as was asked for, or so far that they take one hundredth of a core. In whole seconds where it stretches.
/// </summary>
/// <remarks>The kernel has no news of new listeners, only dumps: on a machine with many sockets a look costs more.</remarks>
internal sealed class LivePace(TimeSpan least)
{
    private const int Share = 100;

    /// <summary>One look that had to wait for something does not count whole.</summary>
    private const int Weight = 4;

    private TimeSpan? _cost;
    private bool _hasFirst;

    /// <summary>From the beginning of a look to that of the next.</summary>
    public TimeSpan Every =>
        _cost is { } cost && cost * Share > least ? TimeSpan.FromSeconds(Math.Ceiling(cost.TotalSeconds * Share)) : least;

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
