using System.Collections.Concurrent;
using Portolan.Transport;

namespace Portolan.Lab.Running.Time;

/// <summary>
/// Threads other than a loop's that work in a lab in virtual time, those of Kestrel and TLS: time must not go on while they have something
/// to do, and which of them is first must change nothing.
/// </summary>
/// <remarks><see cref="Knock"/> and <see cref="Call"/> are for any thread, all else for the loop's.</remarks>
internal sealed class OtherThreads
{
    /// <summary>How long they must have been quiet.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(2);

    /// <summary>How long they are waited for when they have something to do: it may be the lab's time that they wait for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long what some of them ask waits for what the others may ask yet.</summary>
    private static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(2);

    /// <summary>How long what some of them have ended waits for what the others may end yet.</summary>
    private static readonly TimeSpan CallPatience = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<LabPart> _knocks = new();
    private readonly ConcurrentQueue<(LabContext Context, SendOrPostCallback Call, object? State)> _calls = new();
    private readonly HashSet<TcpStream> _connections = [];
    private TimeSpan _waited;
    private long _lastNumber;

    /// <summary>Whether there were ever any that work in the lab: Kestrel's, TLS's, or those of a program that uses its stacks.</summary>
    internal bool WereThere { get; private set; }

    /// <summary>Whether there are any.</summary>
    internal bool AreThere => _connections.Count > 0 || !_knocks.IsEmpty || !_calls.IsEmpty;

    /// <summary>Some of them serve a connection from now on.</summary>
    internal void Serve(TcpStream stream)
    {
        WereThere = true;
        _connections.Add(stream);
    }

    /// <summary>They are done with a connection.</summary>
    internal void Leave(TcpStream stream) => _connections.Remove(stream);

    /// <summary>One of them wants a part to run. It runs when all are quiet.</summary>
    internal void Knock(LabPart part)
    {
        WereThere = true;
        _knocks.Enqueue(part);
    }

    /// <summary>One of them wants something to run on the loop's thread. It does when all are quiet.</summary>
    /// <param name="call">It.</param>
    /// <param name="state">What it is called with.</param>
    /// <param name="context">Whose it is.</param>
    internal void Call(SendOrPostCallback call, object? state, LabContext context) => _calls.Enqueue((context, call, state));

    /// <summary>A place behind all that work began at before.</summary>
    internal long NextNumber() => ++_lastNumber;

    /// <summary>
    /// Waits a moment for them. When they are quiet, what they want is done, and the parts that they want to run are told in an order of
    /// their own.
    /// </summary>
    /// <param name="isQuietFor">Whether nothing comes for a time.</param>
    /// <param name="schedule">Tells a part.</param>
    /// <returns>Whether they have nothing to do and want nothing, so that time may go on.</returns>
    internal bool AreDone(Func<TimeSpan, bool> isQuietFor, Action<LabPart> schedule)
    {
        if (!isQuietFor(Settle))
        {
            _waited = TimeSpan.Zero;
            return false;
        }

        // Who has read what came, and waits neither for more nor for room to write, is working on it, unless it has ended what it did.
        _waited += Settle;
        var ended = _calls.ToArray();
        var patience = ended.Length > 0 ? CallPatience : _knocks.IsEmpty ? Patience : ShortPatience;
        if (_waited < patience && _connections.Any(s => s.Pipe.IsBusy && !Array.Exists(ended, e => e.Context.Served == s)))
        {
            return false;
        }

        // First what they have ended: it may be the end of a connection, which nobody works on then. In the order in which the work began,
        // for which thread came first is chance.
        _waited = TimeSpan.Zero;
        if (ended.Length > 0)
        {
            for (var i = 0; i < ended.Length; i++)
            {
                _calls.TryDequeue(out _);
            }

            foreach (var (context, call, state) in ended.OrderBy(static e => e.Context.Number))
            {
                context.Run(call, state);
            }

            return false;
        }

        var parts = new List<LabPart>();
        while (_knocks.TryDequeue(out var part))
        {
            parts.Add(part);
        }

        parts.Sort(static (a, b) => a.Number.CompareTo(b.Number));
        foreach (var part in parts)
        {
            part.Release();
            schedule(part);
        }

        return parts.Count == 0;
    }
}
