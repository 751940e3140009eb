using Portolan.Linux.Bpf.Listening;
using Portolan.Linux.Changes;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Watch.Watching;

/// <summary>
/// The listeners that the kernel reported and no look has seen yet. Those that end before one does are kept, so that the next look can add
/// them. Used by one thread.
/// </summary>
/// <param name="read">Reads a process; <c>null</c> when it is gone, or its number means nothing here.</param>
public sealed class ListenerBook(Func<int, ProcessInfo?> read)
{
    /// <summary>How many are kept: a program that opens more between two looks is seen with so many.</summary>
    public const int MostKept = 4096;

    // What a look did not see and did not end either was lost on the way: after so many looks it is forgotten.
    private const int MostLooks = 2;

    private readonly Dictionary<ulong, Unseen> _open = [];
    private readonly List<GoneListener> _gone = [];
    private readonly HashSet<ushort> _known = [];
    private EphemeralRange? _ephemeral;

    /// <summary>Takes what the kernel reported.</summary>
    /// <returns>Whether it is worth a look.</returns>
    public bool Take(KernelNews news)
    {
        ArgumentNullException.ThrowIfNull(news);
        var isWorth = news.HasLost || news.Sources.Contains(KernelSource.Rules) || news.Sources.Contains(KernelSource.Routes);
        var processes = new Dictionary<int, ProcessInfo?>();
        foreach (var step in news.Steps)
        {
            if (step.Step == ListenerStep.Ended)
            {
                End(step.Cookie);
                isWorth = true;
            }
            else
            {
                isWorth |= Begin(step, processes);
            }
        }

        foreach (var (cookie, port) in news.Closed)
        {
            isWorth |= End(cookie) || _known.Contains(port);
        }

        return isWorth;
    }

    /// <summary>The listeners that ended and were in no look; the book forgets them.</summary>
    /// <param name="facts">What the look read.</param>
    public IReadOnlyList<GoneListener> TakeGone(MachineFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        _ephemeral = facts.Ephemeral;
        _known.Clear();
        var sockets = facts.Snapshot.Sockets;
        for (var index = 0; index < sockets.Count; index++)
        {
            if (MachineFacts.IsListener(sockets[index]))
            {
                _known.Add(sockets[index].LocalPort);
                _open.Remove(sockets[index].Cookie);
            }
        }

        foreach (var (cookie, unseen) in _open)
        {
            if (++unseen.Looks > MostLooks)
            {
                _open.Remove(cookie);
            }
        }

        GoneListener[] gone = [.. _gone];
        _gone.Clear();
        return gone;
    }

    private bool Begin(TracedListener step, Dictionary<int, ProcessInfo?> processes)
    {
        // A client's socket, as far as is known: the look at the interval finds out.
        var protocol = step.Step == ListenerStep.Bound ? SocketProtocol.Udp : SocketProtocol.Tcp;
        if (protocol == SocketProtocol.Udp && _ephemeral?.Contains(new PortNumber(step.Port)) != false)
        {
            return false;
        }

        if (!processes.TryGetValue(step.ProcessId, out var process))
        {
            processes.Add(step.ProcessId, process = read(step.ProcessId));
        }

        process ??= new ProcessInfo(step.ProcessId, 0) { Name = step.Command, UserId = step.UserId };
        if (_open.Count < MostKept)
        {
            _open[step.Cookie] = new Unseen(new GoneListener(protocol, step.Address, step.Port, step.InterfaceIndex, process));
        }

        return true;
    }

    private bool End(ulong cookie)
    {
        if (!_open.Remove(cookie, out var unseen))
        {
            return false;
        }

        if (_gone.Count < MostKept)
        {
            _gone.Add(unseen.Listener);
        }

        return true;
    }

    private sealed class Unseen(GoneListener listener)
    {
        public GoneListener Listener { get; } = listener;

        public int Looks { get; set; }
    }
}
