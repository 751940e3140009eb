using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ports;

/// <summary>
/// The order in which ports are tried when the system chooses one. For a connection RFC 6056 algorithm 4 (double hash): where the search starts
/// depends on the destination by one keyed hash, and moves on by one of many counters, chosen by another, so that the ports towards one destination do
/// not repeat soon and those towards others tell nothing. Each use moves the counter by up to seven more, as Linux does, against those who count. For a
/// bind, whose destination is not known, algorithm 1: a random start.
/// </summary>
/// <remarks>One thread at a time.</remarks>
public sealed class EphemeralPorts
{
    /// <summary>Counters; RFC 6056 section 3.3.4 asks for at least 10, Linux has 65,536.</summary>
    private const int Counters = 4096;

    /// <summary>The random part of an increment is below this (Linux' <c>__inet_hash_connect</c>).</summary>
    private const uint RandomIncrements = 8;

    private readonly ushort[] _ports;
    private readonly uint[] _counters = new uint[Counters];
    private readonly KeyedRandom _random;
    private readonly SipHash _offset;
    private readonly SipHash _index;

    /// <summary>Makes the order.</summary>
    /// <param name="range">The ports that may be chosen.</param>
    /// <param name="seed">What nobody else may know.</param>
    public EphemeralPorts(EphemeralRange range, ulong seed)
    {
        _random = new KeyedRandom(seed);
        _offset = new SipHash(_random.Next(), _random.Next());
        _index = new SipHash(_random.Next(), _random.Next());
        var ports = new List<ushort>(range.Count);
        for (int port = range.Range.First; port <= range.Range.Last; port++)
        {
            if (port != 0 && range.Contains(new PortNumber((ushort)port)))
            {
                ports.Add((ushort)port);
            }
        }

        _ports = [.. ports];
        for (var i = 0; i < Counters; i++)
        {
            _counters[i] = (uint)_random.Next();
        }
    }

    /// <summary>How many ports may be chosen.</summary>
    public int Count => _ports.Length;

    /// <summary>Begins a search for a connection's port.</summary>
    /// <param name="local">This end's address.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    public Search Begin(InternetAddress local, InternetAddress remote, PortNumber remotePort)
    {
        // RFC 6056 section 3.3.4: F gives the offset, G the counter.
        var counter = (int)(Hash(_index, local, remote, remotePort) % Counters);
        return new Search(this, (uint)Hash(_offset, local, remote, remotePort) + _counters[counter], counter);
    }

    /// <summary>Begins a search for the port of a bind: from a random one on (RFC 6056 section 3.3.1).</summary>
    public Search BeginAnywhere() => new(this, _random.Below((uint)Math.Max(1, _ports.Length)), counter: -1);

    private static ulong Hash(in SipHash hash, InternetAddress local, InternetAddress remote, PortNumber remotePort) =>
        hash.Of([local.UpperBits, local.LowerBits, remote.UpperBits, remote.LowerBits, remotePort.Value]);

    /// <summary>One search.</summary>
    public struct Search
    {
        private readonly EphemeralPorts _owner;
        private readonly uint _start;
        private readonly int _counter;

        internal Search(EphemeralPorts owner, uint start, int counter)
        {
            _owner = owner;
            _start = start;
            _counter = counter;
        }

        /// <summary>How many ports were given.</summary>
        public int Tried { get; private set; }

        /// <summary>Gives the next port to try; false after the last.</summary>
        public bool TryNext(out PortNumber port)
        {
            var ports = _owner._ports;
            if (Tried >= ports.Length)
            {
                port = default;
                return false;
            }

            port = new PortNumber(ports[(int)((_start + (ulong)Tried) % (uint)ports.Length)]);
            Tried++;
            return true;
        }

        /// <summary>Says that the last port given is used: the next search towards this destination starts after it.</summary>
        public readonly void Take()
        {
            if (_counter >= 0)
            {
                var passed = Math.Max((uint)Tried - 1, _owner._random.Below(RandomIncrements));
                _owner._counters[_counter] += passed + 1;
            }
        }
    }
}
