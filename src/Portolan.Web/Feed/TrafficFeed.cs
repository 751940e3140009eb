using Portolan.Linux;
using Portolan.Reachability.Composing;
using Portolan.Sockets.Filtering;

namespace Portolan.Web.Feed;

/// <summary>
/// Counts traffic for all browsers with one meter, from when the first asks until a few seconds after the last one asked. Between that
/// nothing is opened and nothing runs.
/// </summary>
/// <param name="open">Makes the acquirers of this machine.</param>
/// <param name="clock">The clock.</param>
/// <param name="report">Says a failure of a look.</param>
/// <param name="ending">Ends counting.</param>
internal sealed class TrafficFeed(Func<Machine> open, TimeProvider clock, Action<Exception> report, CancellationToken ending)
{
    /// <summary>How often it looks.</summary>
    internal static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>It counts for so long after it was asked last.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Looks that are costly are further apart: they take a sixth of one core at most.</summary>
    private const int CostFactor = 5;

    private const int MostFilters = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, SocketFilter> _filters = new(StringComparer.Ordinal);
    private TrafficWatch? _watch;
    private Task _running = Task.CompletedTask;
    private TaskCompletionSource _nextLook = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _askedAt;

    /// <summary>Whether it counts now.</summary>
    internal bool IsCounting
    {
        get
        {
            lock (_lock)
            {
                return _watch is not null;
            }
        }
    }

    /// <summary>Ends when counting has ended; at once where nothing is counted.</summary>
    internal Task Running
    {
        get
        {
            lock (_lock)
            {
                return _running;
            }
        }
    }

    /// <summary>What was counted; begins to count where that is not done yet.</summary>
    /// <param name="question">What is asked.</param>
    /// <param name="last">How many of the last rates are wanted.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="PortolanException">The filter is wrong, or the kernel lets nothing be counted.</exception>
    internal Task<TrafficView> GetAsync(TrafficQuestion question, int last, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var filter = FilterOf(question.Filter);
            return Watch().View(question, filter, last);
        },
        cancellationToken);

    /// <summary>The same with rates: where counting begins, the next look is waited for.</summary>
    internal async Task<TrafficView> GetRatedAsync(TrafficQuestion question, CancellationToken cancellationToken)
    {
        Task next;
        lock (_lock)
        {
            next = _nextLook.Task;
        }

        var view = await GetAsync(question, 0, cancellationToken);
        if (view.Look > 1)
        {
            return view;
        }

        try
        {
            await next.WaitAsync(Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Its rates are then not known, and said to be so.
        }

        return await GetAsync(question, 0, cancellationToken);
    }

    private SocketFilter FilterOf(string? text)
    {
        if (text is null)
        {
            return SocketFilter.Everything;
        }

        lock (_filters)
        {
            if (_filters.TryGetValue(text, out var known))
            {
                return known;
            }
        }

        var filter = Read(text);
        lock (_filters)
        {
            if (_filters.Count >= MostFilters)
            {
                _filters.Clear();
            }

            return _filters[text] = filter;
        }
    }

    private SocketFilter Read(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var names = open().FilterNames(allNamespaces: false);
        try
        {
            return SocketFilter.Parse(ListShorthand.Expand(words, () => names, out _) ?? words, names);
        }
        catch (PortolanException exception) when (exception is { ExitCode: ExitCode.Usage, Hint: null })
        {
            throw new PortolanException(
                exception.Message, $"docs/filters.md names the fields, for example: port 443 and process nginx", ExitCode.Usage, exception);
        }
    }

    private TrafficWatch Watch()
    {
        lock (_lock)
        {
            _askedAt = clock.GetTimestamp();
            if (_watch is null)
            {
                ending.ThrowIfCancellationRequested();
                _watch = Open();
                _running = RunAsync(_watch);
            }

            return _watch;
        }
    }

    private TrafficWatch Open()
    {
        try
        {
            return TrafficWatch.Open(open(), clock, ending);
        }
        catch (LinuxException exception)
        {
            var isDenied = exception.Errno is Errno.NotPermitted or Errno.AccessDenied;
            throw new PortolanException(
                $"traffic cannot be counted: {exception.Message}",
                isDenied ? Advice.Of($"start the server as root: sudo portolan serve") : Advice.Of($"portolan doctor"),
                isDenied ? ExitCode.NoPrivilege : ExitCode.Failed, exception);
        }
    }

    private async Task RunAsync(TrafficWatch watch)
    {
        var wait = Beat;
        try
        {
            while (true)
            {
                var since = clock.GetTimestamp();
                await Task.Delay(wait, clock, ending);
                if (EndsUnlookedAt(watch))
                {
                    return;
                }

                if (clock.GetElapsedTime(since) > wait * 3)
                {
                    watch.Break(); // the machine slept
                }

                var began = clock.GetTimestamp();
                watch.Look(Patience, ending);
                var cost = clock.GetElapsedTime(began) * CostFactor;
                wait = cost > Beat ? cost : Beat;
                Looked();
            }
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
#pragma warning disable CA1031 // A look that fails ends counting; it begins anew for the next who asks.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            report(exception);
        }
        finally
        {
            lock (_lock)
            {
                _watch = _watch == watch ? null : _watch;
            }

            watch.Dispose();
        }
    }

    private bool EndsUnlookedAt(TrafficWatch watch)
    {
        lock (_lock)
        {
            if (clock.GetElapsedTime(_askedAt) <= Patience)
            {
                return false;
            }

            _watch = _watch == watch ? null : _watch;
            return true;
        }
    }

    private void Looked()
    {
        TaskCompletionSource waiting;
        lock (_lock)
        {
            (waiting, _nextLook) = (_nextLook, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        waiting.SetResult();
    }
}
