using System.Globalization;
using System.Text;

namespace Portolan.Web.Feed;

/// <summary>
/// Events for all streams: written once, kept in a ring of <see cref="Kept"/>. A stream is a position in it, so a slow one costs no more
/// than that; one that the ring has overtaken learns that events were skipped.
/// </summary>
internal sealed class EventHub
{
    /// <summary>How many events are kept.</summary>
    internal const int Kept = 256;

    private readonly Lock _lock = new();
    private readonly byte[][] _ring = new byte[Kept][];
    private readonly string _instance;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _last;
    private int _watchers;

    /// <summary>Makes one.</summary>
    /// <param name="instance">What its events have and those of another server have not.</param>
    internal EventHub(string instance) => _instance = instance;

    /// <summary>How many streams there are.</summary>
    internal int Watchers => Volatile.Read(ref _watchers);

    /// <summary>The number of the last event; 0 before the first.</summary>
    internal long Last
    {
        get
        {
            lock (_lock)
            {
                return _last;
            }
        }
    }

    /// <summary>The id of an event, as <c>Last-Event-ID</c> brings it back.</summary>
    internal string IdOf(long number) => $"{_instance}-{number}";

    /// <summary>Frames an event (HTML standard, section 9.2.6).</summary>
    internal byte[] Frame(string name, ReadOnlySpan<byte> json, long number) =>
        Encoding.UTF8.GetBytes($"event: {name}\nid: {IdOf(number)}\ndata: {Encoding.UTF8.GetString(json)}\n\n");

    /// <summary>Sends an event to all streams.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="json">Its data, on one line.</param>
    internal void Publish(string name, ReadOnlySpan<byte> json)
    {
        TaskCompletionSource waiting;
        lock (_lock)
        {
            _last++;
            _ring[_last % Kept] = Frame(name, json, _last);
            (waiting, _next) = (_next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        waiting.SetResult();
    }

    /// <summary>Where a stream goes on that had an event last.</summary>
    /// <param name="id">The id of that event; <c>null</c> for a new stream.</param>
    /// <returns>The number of the next event, and why others were skipped before it; <c>null</c> where none was.</returns>
    internal (long Next, string? Skipped) Resume(string? id)
    {
        lock (_lock)
        {
            if (id is null)
            {
                return (_last + 1, null);
            }

            var isOwn = id.StartsWith($"{_instance}-", StringComparison.Ordinal);
            var digits = isOwn ? id.AsSpan(_instance.Length + 1) : default;
            var number = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : long.MaxValue;
            return number > _last ? (_last + 1, "restarted")
                : number + Kept < _last ? (_last + 1, "skipped")
                : (number + 1, null);
        }
    }

    /// <summary>The event of a number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="frame">The event; <c>null</c> where it is not there yet, or not any more.</param>
    /// <param name="wait">Ends when there is another; of use where it is not there yet.</param>
    /// <returns>Whether it is not there any more.</returns>
    internal bool IsGone(long number, out byte[]? frame, out Task wait)
    {
        lock (_lock)
        {
            wait = _next.Task;
            frame = number <= _last && number + Kept > _last ? _ring[number % Kept] : null;
            return number + Kept <= _last;
        }
    }

    /// <summary>Counts a stream, until it is disposed of.</summary>
    internal IDisposable Watch()
    {
        Interlocked.Increment(ref _watchers);
        return new Watcher(this);
    }

    private sealed class Watcher(EventHub hub) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref hub._watchers);
    }
}
