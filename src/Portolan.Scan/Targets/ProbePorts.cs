using System.Numerics;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Targets;

/// <summary>Ports to probe on a host, by number. Immutable; both ways take a few nanoseconds and allocate nothing.</summary>
public sealed class ProbePorts
{
    /// <summary>Up to so many a search is as fast as a table, and lists of hosts with ports of their own stay small.</summary>
    private const int FewPorts = 64;

    private readonly ProbePort[] _ports;
    private readonly Dictionary<ProbePort, int>? _indexes;
    private readonly Ranks? _tcp;
    private readonly Ranks? _udp;
    private readonly bool _isAscending = true;

    /// <summary>Takes the ports in their order, each once.</summary>
    /// <exception cref="ArgumentException">A port is there twice.</exception>
    public ProbePorts(IReadOnlyList<ProbePort> ports)
    {
        _ports = [.. ports];
        for (var i = 1; i < _ports.Length; i++)
        {
            _isAscending &= Key(_ports[i - 1]) < Key(_ports[i]);
        }

        if (!_isAscending)
        {
            _indexes = new Dictionary<ProbePort, int>(_ports.Length);
            for (var i = 0; i < _ports.Length; i++)
            {
                _indexes.Add(_ports[i], i);
            }
        }
        else if (_ports.Length > FewPorts)
        {
            _tcp = Ranks.Of(_ports, TransportProtocol.Tcp);
            _udp = Ranks.Of(_ports, TransportProtocol.Udp);
        }
    }

    /// <summary>How many.</summary>
    public int Count => _ports.Length;

    /// <summary>The port with a number.</summary>
    public ProbePort this[int index] => _ports[index];

    /// <summary>The number of a port, or -1.</summary>
    public int IndexOf(ProbePort port)
    {
        if (_indexes is not null)
        {
            return _indexes.GetValueOrDefault(port, -1);
        }

        var ranks = port.Protocol == TransportProtocol.Tcp ? _tcp : port.Protocol == TransportProtocol.Udp ? _udp : null;
        return ranks is not null ? ranks.IndexOf(port.Port.Value) : Search(Key(port));
    }

    private static int Key(ProbePort port) => ((int)port.Protocol << 16) | port.Port.Value;

    private int Search(int key)
    {
        var (low, high) = (0, _ports.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var found = Key(_ports[middle]);
            if (found == key)
            {
                return middle;
            }

            (low, high) = found < key ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    /// <summary>A bit for each port, and how many ports come before each word of bits: 10 KB whatever the set.</summary>
    private sealed class Ranks
    {
        private readonly ulong[] _words = new ulong[PortNumber.Count / 64];
        private readonly int[] _before = new int[PortNumber.Count / 64];

        /// <summary>Of the ports of a protocol in an ascending list; <c>null</c> when there are none.</summary>
        public static Ranks? Of(ProbePort[] ports, TransportProtocol protocol)
        {
            var ranks = new Ranks();
            var first = -1;
            for (var i = 0; i < ports.Length; i++)
            {
                if (ports[i].Protocol == protocol)
                {
                    first = first < 0 ? i : first;
                    ranks._words[ports[i].Port.Value >> 6] |= 1UL << ports[i].Port.Value;
                }
            }

            for (int word = 0, count = first; word < ranks._words.Length; word++)
            {
                ranks._before[word] = count;
                count += BitOperations.PopCount(ranks._words[word]);
            }

            return first < 0 ? null : ranks;
        }

        public int IndexOf(int port)
        {
            var word = _words[port >> 6];
            var bit = 1UL << port;
            return (word & bit) == 0 ? -1 : _before[port >> 6] + BitOperations.PopCount(word & (bit - 1));
        }
    }
}
