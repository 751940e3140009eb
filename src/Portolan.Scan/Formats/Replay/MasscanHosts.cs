using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Replay;

/// <summary>Puts masscan's hosts together: its file has a host for each result, in the order in which answers came.</summary>
/// <remarks>
/// Hosts are finished at the end, in the order of their addresses. A file may be larger than memory, so when many results are held
/// all of them are finished, and a host that answers again later is reported again.
/// </remarks>
internal sealed class MasscanHosts(Action<ReplayedHost> finish, Action<string> warn, int mostHeld)
{
    /// <summary>The most results that are held: some 20 MB.</summary>
    public const int UsuallyHeld = 262_144;

    private readonly Dictionary<InternetAddress, Held> _hosts = [];
    private readonly ReplayedHost _whole = new();
    private int _count;

    /// <summary>How many hosts there were; a host that was told twice is counted twice.</summary>
    public long HostCount { get; private set; }

    /// <summary>Adds the results of one element; calls back for what is new.</summary>
    public void Add(ReplayedHost host, Action<HostResult> hostFound, Action<HostResult, PortResult> portFound)
    {
        if (_count >= mostHeld)
        {
            Finish();
            warn("the file is long: a host that answered late may appear more than once");
        }

        var address = host.Address.GetValueOrDefault();
        if (!_hosts.TryGetValue(address, out var held))
        {
            // What shows that it is there is its first answer.
            var result = host.Host;
            var first = host.Listed.Count > 0 ? host.Listed[0] : default;
            held = new Held(host.Listed.Count > 0 ? result with { Reason = first.Reason, TimeToLive = first.TimeToLive } : result);
            _hosts.Add(address, held);
            _count++;
            hostFound(held.Host);
        }

        held.Began = Earlier(held.Began, host.Began);
        held.Finished = host.Finished > held.Finished ? host.Finished : held.Finished;
        foreach (var port in host.Listed)
        {
            var known = held.Ports.FindIndex(other => other.Port == port.Port);
            if (known < 0)
            {
                held.Ports.Add(port);
                _count++;
                portFound(held.Host, port);
            }
            else if (port.Evidence > held.Ports[known].Evidence)
            {
                // A banner comes after the port it was read from.
                held.Ports[known] = held.Ports[known] with { Evidence = port.Evidence, Banner = port.Banner };
            }
        }
    }

    /// <summary>Finishes every host that is held.</summary>
    public void Finish()
    {
        var addresses = new List<InternetAddress>(_hosts.Keys);
        addresses.Sort();
        foreach (var address in addresses)
        {
            var held = _hosts[address];
            _whole.Clear(held.Began);
            (_whole.Address, _whole.Result, _whole.Finished) = (address, held.Host, held.Finished);
            foreach (var port in held.Ports)
            {
                _whole.Add(port);
            }

            finish(_whole);
        }

        HostCount += addresses.Count;
        _hosts.Clear();
        _count = 0;
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private sealed class Held(HostResult host)
    {
        public HostResult Host { get; } = host;

        public List<PortResult> Ports { get; } = [];

        public DateTimeOffset Began { get; set; } = DateTimeOffset.MaxValue;

        public DateTimeOffset Finished { get; set; } = DateTimeOffset.MinValue;
    }
}
