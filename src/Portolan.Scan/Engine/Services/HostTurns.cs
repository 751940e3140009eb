using System.Diagnostics.CodeAnalysis;

namespace Portolan.Scan.Engine.Services;

/// <summary>
/// The ports that wait to be asked, host by host: each start takes a step or two, however many ports wait at a host whose places are all
/// taken. Hosts take turns, so
/// one with many ports does not hold up the others.
/// </summary>
internal sealed class HostTurns
{
    private readonly Dictionary<int, HostWork> _hosts = [];
    private readonly Queue<HostWork> _ready = new();

    /// <summary>Takes ports, in their order.</summary>
    public HostTurns(IEnumerable<QueuedPort> ports)
    {
        foreach (var port in ports)
        {
            Add(port);
        }
    }

    /// <summary>Ports that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Hosts that were looked at so far.</summary>
    public long Steps { get; private set; }

    /// <summary>A port waits, behind the others of its host.</summary>
    public void Add(QueuedPort port)
    {
        if (!_hosts.TryGetValue(port.Host, out var host))
        {
            _hosts.Add(port.Host, host = new HostWork(port.Host));
        }

        host.Waiting.Enqueue(port);
        Count++;
        MakeReady(host);
    }

    /// <summary>Takes the next host that has a free place, with its next port.</summary>
    public bool TryNext([NotNullWhen(true)] out HostWork? host, out QueuedPort port)
    {
        while (_ready.TryDequeue(out host))
        {
            Steps++;
            host.IsReady = false;

            // A host without a place gets its turn again when one of its ports is done.
            if (host.Waiting.Count > 0 && host.Places.TryTake())
            {
                port = host.Waiting.Dequeue();
                Count--;
                host.Running++;
                MakeReady(host);
                return true;
            }
        }

        port = default;
        return false;
    }

    /// <summary>A port is done, and its place is free again.</summary>
    public void End(int number)
    {
        var host = _hosts[number];
        host.Running--;
        host.Places.Give();
        MakeReady(host);
    }

    /// <summary>No port of the host is asked now.</summary>
    public bool IsIdle(int number) => _hosts[number].Running == 0;

    /// <summary>Forgets the ports of a host that wait.</summary>
    /// <returns>How many there were.</returns>
    public int Drop(HostWork host)
    {
        var count = host.Waiting.Count;
        host.Waiting.Clear();
        Count -= count;
        return count;
    }

    private void MakeReady(HostWork host)
    {
        if (!host.IsReady && host.Waiting.Count > 0)
        {
            host.IsReady = true;
            _ready.Enqueue(host);
        }
    }
}
