using Portolan.Linux.Changes;
using Portolan.Sockets.Chart;
using Portolan.Watch.Watching;

namespace Portolan.Cli.Live;

/// <summary>Hears on a thread of its own that listeners, rules or routes changed: then the next look is due at once.</summary>
/// <param name="open">Begins to hear; <c>null</c> where there is nothing to hear.</param>
internal sealed class LiveNews(Func<KernelChanges>? open) : IDisposable
{
    /// <summary>How long the end may go unnoticed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ListenerBook _book = new(static _ => null);
    private volatile bool _isEnded;
    private int _news;

    /// <summary>Whether the kernel reports new listeners.</summary>
    public bool HearsListeners { get; private set; }

    /// <summary>Begins.</summary>
    public void Begin()
    {
        if (open is not null)
        {
            new Thread(() => Hear(open)) { IsBackground = true, Name = "kernel news" }.Start();
        }
    }

    /// <summary>Whether something changed since this was asked last.</summary>
    public bool Take() => Interlocked.Exchange(ref _news, 0) != 0;

    /// <summary>Notes what a look has seen.</summary>
    public void Looked(MachineFacts facts)
    {
        lock (_book)
        {
            _book.TakeGone(facts);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _isEnded = true;

    private void Hear(Func<KernelChanges> begin)
    {
        using var changes = begin();
        HearsListeners = !changes.Unheard.ContainsKey(KernelSource.Listeners);
        while (!_isEnded)
        {
            var news = changes.Wait(Patience);
            lock (_book)
            {
                if (_book.Take(news))
                {
                    Interlocked.Exchange(ref _news, 1);
                }
            }
        }
    }
}
