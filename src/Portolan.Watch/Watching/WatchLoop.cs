using Portolan.Linux.Changes;

namespace Portolan.Watch.Watching;

/// <summary>Decides when to look: when the kernel reports a change, and at an interval. Used by one thread.</summary>
/// <param name="changes">What the kernel reports.</param>
/// <param name="book">The listeners that it reported.</param>
/// <param name="pace">How often to look.</param>
/// <param name="clock">The clock.</param>
public sealed class WatchLoop(KernelChanges changes, ListenerBook book, WatchPace pace, TimeProvider clock)
{
    // How long an end can go unnoticed.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private long _lookedAt = clock.GetTimestamp();
    private bool _isWorth;

    /// <summary>Whether the kernel dropped some of its reports since the look before.</summary>
    public bool HasLost { get; private set; }

    /// <summary>Waits until a look is due.</summary>
    /// <param name="meanwhile">Runs some times a second while it waits.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void WaitForLook(Action meanwhile, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(meanwhile);
        HasLost = false;
        long? newsAt = _isWorth ? clock.GetTimestamp() : null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var due = newsAt is { } at ? AfterNews(at) : pace.Every - clock.GetElapsedTime(_lookedAt);
            if (due <= TimeSpan.Zero)
            {
                _isWorth = false;
                return;
            }

            meanwhile();
            var news = changes.Wait(due < Patience ? due : Patience);
            HasLost |= news.HasLost;
            if (book.Take(news))
            {
                _isWorth = true;
                newsAt ??= clock.GetTimestamp();
            }
        }
    }

    /// <summary>Notes that a look ended, and what it cost of the processor.</summary>
    public void Looked(TimeSpan processor)
    {
        pace.Note(processor);
        _lookedAt = clock.GetTimestamp();
    }

    // What belongs to the news has come, and the last look is long enough ago.
    private TimeSpan AfterNews(long newsAt)
    {
        var (gap, gather) = (pace.Gap - clock.GetElapsedTime(_lookedAt), WatchPace.Gather - clock.GetElapsedTime(newsAt));
        return gap > gather ? gap : gather;
    }
}
