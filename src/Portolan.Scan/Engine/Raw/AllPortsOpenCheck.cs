using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// Finds hosts that answer on everything: three random high ports of each host with an open port are asked too. Where all three are open,
/// nothing listens there but the thing that answers for all. The driving thread's.
/// </summary>
internal sealed class AllPortsOpenCheck(HostGroup group, RawPaths paths, RawContext context, HostRtts rtts)
{
    private const int Attempts = 3;
    private const int MostHosts = 65_536;

    private readonly SipHash _random = SipHash.FromSeed(~context.Settings.Seed);
    private readonly Dictionary<int, Check> _checks = [];
    private readonly ulong[] _begun = new ulong[(group.Count + 63) / 64];
    private readonly byte[] _answered = new byte[group.Count];
    private int _begunCount;
    private readonly Queue<int> _queue = new();

    /// <summary>Hosts whose answers are waited for.</summary>
    public int Pending => _checks.Count;

    /// <summary>A host has an open port: it is looked at once.</summary>
    public void Begin(int host)
    {
        if (_begunCount >= MostHosts || (_begun[host >> 6] & (1UL << host)) != 0)
        {
            return;
        }

        _begun[host >> 6] |= 1UL << host;
        _begunCount++;

        var ports = PortsOf(host);
        if (ports.Length == 0)
        {
            return;
        }

        _checks.Add(host, new Check(ports));
        _queue.Enqueue(host);
    }

    /// <summary>Sends what is due; returns when to come back.</summary>
    public long Step(long now)
    {
        for (var count = _queue.Count; count > 0; count--)
        {
            var host = _queue.Dequeue();
            if (!_checks.TryGetValue(host, out var check))
            {
                continue;
            }

            if (now < check.NextAt)
            {
                _queue.Enqueue(host);
                continue;
            }

            if (check.Attempt == Attempts || !paths.TryFind(host, out var path, out var nextHop))
            {
                _checks.Remove(host);
                continue;
            }

            for (var i = 0; i < HighPorts.Count; i++)
            {
                if (!check.IsOpen[i])
                {
                    context.Sender.Send(
                        path, nextHop, group.AddressOf(host), ProbeKind.Tcp, check.Ports[i], ProbeTag.ForAttempt(check.Attempt),
                        new SentProbe(ProbeOrigin.Other, 0));
                    if (check.Attempt > 0)
                    {
                        context.Counters.CountRetries(1, areControls: true);
                    }
                }
            }

            check.Attempt++;
            check.NextAt = now + rtts.WaitFor(host);
            _queue.Enqueue(host);
        }

        context.Sender.Flush();
        while (_queue.TryPeek(out var first))
        {
            if (_checks.TryGetValue(first, out var next))
            {
                return next.NextAt;
            }

            _queue.Dequeue();
        }

        return long.MaxValue;
    }

    /// <summary>A TCP answer came; it may be to one of these ports.</summary>
    public void OnReply(int host, in ProbeReply reply)
    {
        if ((_begun[host >> 6] & (1UL << host)) == 0)
        {
            return;
        }

        // One answer of the three may have ended the check: the others are answers all the same.
        var isWaited = _checks.TryGetValue(host, out var check);
        var place = Array.IndexOf(isWaited ? check!.Ports : PortsOf(host), reply.Port);
        if (place < 0)
        {
            return;
        }

        if ((_answered[host] & (1 << place)) == 0)
        {
            _answered[host] |= (byte)(1 << place);
            context.Counters.CountReply(isControl: true);
        }

        if (!isWaited)
        {
            return;
        }

        if (reply.State != PortState.Open)
        {
            _checks.Remove(host);
            return;
        }

        check!.IsOpen[place] = true;
        if (!check.IsOpen.Contains(false))
        {
            group.MarkAnswersEverything(host);
            _checks.Remove(host);
        }
    }

    private ushort[] PortsOf(int host) =>
        HighPorts.Choose(_random, group.AddressOf(host), group.PortsOf(host), context.Settings.ExcludedTcpPorts);

    private sealed class Check(ushort[] ports)
    {
        public ushort[] Ports { get; } = ports;

        public bool[] IsOpen { get; } = new bool[ports.Length];

        public int Attempt { get; set; }

        public long NextAt { get; set; }
    }
}
