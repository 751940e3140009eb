using Portolan.Scan.Targets;

namespace Portolan.Scan.Engine;

/// <summary>
/// Numbers the probes of some hosts: host after host, port after port. A division where all have the same ports, a search where not.
/// </summary>
internal sealed class ProbeIndex
{
    private readonly int[] _hosts;
    private readonly int[] _placeOf;
    private readonly uint _uniform;
    private readonly ulong[]? _starts;

    /// <summary>Takes the group's hosts that are to be probed, in order.</summary>
    public ProbeIndex(int hostCount, int[] hosts, Func<int, ProbePorts> portsOf)
    {
        _hosts = hosts;
        _placeOf = new int[hostCount];
        Array.Fill(_placeOf, -1);
        var uniform = true;
        ulong total = 0;
        for (var i = 0; i < hosts.Length; i++)
        {
            _placeOf[hosts[i]] = i;
            var ports = (uint)portsOf(hosts[i]).Count;
            uniform &= i == 0 || ports == _uniform;
            _uniform = i == 0 ? ports : _uniform;
            total += ports;
        }

        Count = total;
        if (!uniform)
        {
            _starts = new ulong[hosts.Length + 1];
            for (var i = 0; i < hosts.Length; i++)
            {
                _starts[i + 1] = _starts[i] + (uint)portsOf(hosts[i]).Count;
            }
        }
    }

    /// <summary>How many probes.</summary>
    public ulong Count { get; }

    /// <summary>The host and port number of a probe.</summary>
    public (int Host, int Port) At(ulong index)
    {
        if (_starts is null)
        {
            var place = index / _uniform;
            return (_hosts[place], (int)(index - (place * _uniform)));
        }

        // The last start that is not above the index; hosts without ports have equal starts and are passed over.
        int low = 0, high = _hosts.Length - 1;
        while (low < high)
        {
            var middle = (low + high + 1) >>> 1;
            if (_starts[middle] <= index)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return (_hosts[low], (int)(index - _starts[low]));
    }

    /// <summary>The number of a probe; <c>false</c> when the host is not among those to be probed.</summary>
    public bool TryIndexOf(int host, int port, out ulong index)
    {
        var place = _placeOf[host];
        index = place < 0 ? 0 : (_starts is null ? (ulong)place * _uniform : _starts[place]) + (uint)port;
        return place >= 0;
    }
}
