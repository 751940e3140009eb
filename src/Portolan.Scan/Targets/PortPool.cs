using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Targets;

/// <summary>Every different list of ports once, by number. Number 0 is the list of hosts that name no ports.</summary>
internal sealed class PortPool
{
    /// <summary>
    /// The most ports of all lists together: 16 MB. A list of 65,535 ports may be named sixty times, each time a little otherwise.
    /// </summary>
    public const int MostPorts = 4 * 1024 * 1024;

    private readonly List<uint[]> _lists = [];
    private int _portCount;
    private readonly Dictionary<uint[], int> _numbers = new(new Contents());
    private readonly Dictionary<string, int> _texts = new(StringComparer.Ordinal);

    public PortPool(PortSelection ports) => Number(Pack(ports));

    /// <summary>The number of a text that was read before.</summary>
    public bool TryFind(string text, out int number) => _texts.TryGetValue(text, out number);

    /// <summary>Takes what a text was read as.</summary>
    public int Add(string text, PortSelection ports)
    {
        var number = Number(Pack(ports));
        _texts[text] = number;
        return number;
    }

    /// <summary>The list of all ports of several lists.</summary>
    public int Union(HashSet<int> lists)
    {
        if (lists.Count == 1)
        {
            foreach (var only in lists)
            {
                return only;
            }
        }

        var all = new List<uint>();
        foreach (var list in lists)
        {
            all.AddRange(_lists[list]);
        }

        all.Sort();
        var kept = 0;
        for (var i = 0; i < all.Count; i++)
        {
            if (kept == 0 || all[i] != all[kept - 1])
            {
                all[kept++] = all[i];
            }
        }

        return Number([.. all[..kept]]);
    }

    /// <summary>How many ports a list has.</summary>
    public int CountOf(int number) => _lists[number].Length;

    /// <summary>Makes the lists that are used; the others stay <c>null</c>.</summary>
    public ProbePorts[] ToProbePorts(IEnumerable<int> used)
    {
        var made = new ProbePorts[_lists.Count];
        foreach (var number in used)
        {
            made[number] ??= new ProbePorts(Array.ConvertAll(_lists[number], Unpack));
        }

        return made;
    }

    private static uint[] Pack(PortSelection ports) =>
        Array.ConvertAll(ports.ToArray(), port => ((uint)port.Protocol << 16) | port.Port.Value);

    private static ProbePort Unpack(uint packed) => new((Model.TransportProtocol)(packed >> 16), new Model.PortNumber((ushort)packed));

    private int Number(uint[] ports)
    {
        if (!_numbers.TryGetValue(ports, out var number))
        {
            _portCount += ports.Length;
            if (_portCount > MostPorts)
            {
                throw new PortolanException(
                    $"the different port lists of the targets have more than {MostPorts:N0} ports together",
                    $"give hosts the same ports with -p, or scan in several runs", ExitCode.Usage);
            }

            number = _lists.Count;
            _lists.Add(ports);
            _numbers.Add(ports, number);
        }

        return number;
    }

    private sealed class Contents : IEqualityComparer<uint[]>
    {
        public bool Equals(uint[]? left, uint[]? right) => left.AsSpan().SequenceEqual(right);

        public int GetHashCode(uint[] ports)
        {
            var hash = default(HashCode);
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(ports.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
