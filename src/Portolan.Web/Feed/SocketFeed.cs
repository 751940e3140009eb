using Portolan.Reachability.Composing;
using Portolan.Sockets.Filtering;

namespace Portolan.Web.Feed;

/// <summary>A listing of sockets, with the machine that names what stands in it.</summary>
/// <param name="Listing">The listing.</param>
/// <param name="Machine">The machine.</param>
/// <param name="Cost">How long it took.</param>
internal sealed record SocketView(SocketListing Listing, Machine Machine, TimeSpan Cost);

/// <summary>Lists sockets for all browsers: those who ask the same within a short time share a listing.</summary>
/// <param name="open">Makes the acquirers of a listing.</param>
/// <param name="clock">The clock.</param>
internal sealed class SocketFeed(Func<Machine> open, TimeProvider clock)
{
    /// <summary>How many listings of different filters are kept.</summary>
    private const int Kept = 4;

    private const int CostFactor = 5;

    private static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (Task<SocketView> View, long AskedAt)> _views = new(StringComparer.Ordinal);

    /// <summary>The sockets of this machine that a filter means, owners included.</summary>
    /// <param name="filter">The filter, as <c>portolan list</c> takes it; <c>null</c> for all sockets that have addresses.</param>
    /// <param name="cancellationToken">Ends the waiting, not the listing.</param>
    internal Task<SocketView> GetAsync(string? filter, CancellationToken cancellationToken)
    {
        var key = filter ?? "";
        lock (_lock)
        {
            if (!_views.TryGetValue(key, out var known))
            {
                if (_views.Count >= Kept)
                {
                    _views.Remove(_views.MinBy(static v => v.Value.AskedAt).Key);
                }

                known = _views[key] = (Task.Run(() => Read(filter), CancellationToken.None), clock.GetTimestamp());
                _ = ForgetAsync(key, known.View);
            }

            return known.View.WaitAsync(cancellationToken);
        }
    }

    private static TimeSpan AgeOf(SocketView view) => view.Cost * CostFactor > LeastAge ? view.Cost * CostFactor : LeastAge;

    // A listing of a large host takes tens of megabytes: it goes when it is old, not when someone asks for another.
    private async Task ForgetAsync(string key, Task<SocketView> view)
    {
        await ((Task)view).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (view.IsCompletedSuccessfully)
        {
            await Task.Delay(AgeOf(view.Result), clock);
        }

        lock (_lock)
        {
            if (_views.TryGetValue(key, out var known) && known.View == view)
            {
                _views.Remove(key);
            }
        }
    }

    private SocketView Read(string? filter)
    {
        var since = clock.GetTimestamp();
        var machine = open();
        var words = filter?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        var scope = new ListScope
        {
            Selection = new SocketSelection { All = true, Named = SocketSelection.InternetKinds },
            Filter = ListShorthand.Expand(words, () => machine.FilterNames(allNamespaces: false), out _) ?? words,
            Owners = true,
            TcpDetails = true,
        };
        var listing = new SocketLister(machine, scope).Take(CancellationToken.None);
        return new SocketView(listing, machine, clock.GetElapsedTime(since));
    }
}
