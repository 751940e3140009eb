using Portolan.Model;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// How far hosts answered in the order of a pass, so that those are known that answered and then stopped: a block, or so it looks.
/// </summary>
/// <remarks>Any thread of a stage counts; all else is the driving thread's while no worker runs.</remarks>
internal sealed class ConnectedHosts(HostGroup group)
{
    private const int LeastSilent = 20;
    private const double Unlikely = 0.2;

    private readonly Lock _gate = new();
    private readonly Host[] _hosts = new Host[group.Count];

    /// <summary>A port was silent.</summary>
    public void CountSilent(int host)
    {
        lock (_gate)
        {
            _hosts[host].SilentSince++;
            _hosts[host].Silent++;
        }
    }

    /// <summary>A port answered.</summary>
    public void CountAnswer(int host, ulong? position)
    {
        lock (_gate)
        {
            ref var known = ref _hosts[host];
            known.SilentSince = 0;
            known.Answers++;
            known.Furthest = Math.Max(known.Furthest, position ?? 0);
        }
    }

    /// <summary>A pass is over.</summary>
    /// <returns>
    /// Hosts whose last answer came so early that silence from then on is hardly a matter of which ports came first: with the answers
    /// anywhere in the order, all of them before a long silence are rare.
    /// </returns>
    public List<int> TakeSuspects()
    {
        var suspects = new List<int>();
        for (var host = 0; host < _hosts.Length; host++)
        {
            ref var known = ref _hosts[host];
            if (known is { Answers: > 0, SilentSince: >= LeastSilent } && group.IsActive(host) && group.StoppedAfter(host) is null
                && Math.Pow(1 - ((double)known.SilentSince / (known.Silent + known.Answers)), known.Answers) < Unlikely)
            {
                suspects.Add(host);
            }

            (known.SilentSince, known.Silent, known.Answers) = (0, 0, 0);
        }

        return suspects;
    }

    /// <summary>About how many ports of a host were asked until its last answer.</summary>
    public long ProbesUntilLastAnswer(int host)
    {
        long count = 0;
        var ports = group.PortsOf(host);
        for (var port = 0; port < ports.Count; port++)
        {
            count += ports[port].Protocol == TransportProtocol.Tcp
                && (group.IsAnswered(host, port) || group.PositionOf(host, port) <= _hosts[host].Furthest) ? 1 : 0;
        }

        return count;
    }

    private struct Host
    {
        public int SilentSince;
        public int Silent;
        public int Answers;
        public ulong Furthest;
    }
}
