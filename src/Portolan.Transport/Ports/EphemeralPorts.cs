using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ports;

/// <summary>
/// The order in which ports are tried when the system chooses one, as Linux has it since 5.18. For a connection RFC 6056 algorithm 4
/// (double hash): where the search starts depends on the destination by a keyed hash, and moves on by one of many counters, chosen by
/// another part of the hash, so that the ports towards one destination do not repeat soon and those towards others tell nothing. Each use
/// moves the counter by up to seven steps more, against those who count. Connections try every second port first and binds the others, so
/// that they seldom meet (<c>__inet_hash_connect</c>, <c>inet_csk_find_open_port</c>). For a bind, whose destination is not known,
/// algorithm 1: a random start.
/// </summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class EphemeralPorts
{
    /// <summary>Counters: Linux' INET_TABLE_PERTURB_SIZE. RFC 6056 section 3.3.4 asks for at least 10.</summary>
    private const int Counters = 1 << 16;

    /// <summary>Counters that get their memory together, when the first of them is used: most hosts talk to few.</summary>
    private const int PageLength = 256;

    /// <summary>The random part of an increment is below this (Linux' <c>__inet_hash_connect</c>).</summary>
    private const uint RandomIncrements = 8;

    private readonly EphemeralRange _range;
    private readonly int _first;
    private readonly int _span;
    private readonly uint[]?[] _counters = new uint[Counters / PageLength][];
    private readonly KeyedRandom _random;
    private readonly SipHash _hash;

    /// <summary>Makes the order.</summary>
    /// <param name="range">The ports that may be chosen.</param>
    /// <param name="seed">A secret.</param>
    public EphemeralPorts(EphemeralRange range, ulong seed)
    {
        _random = new KeyedRandom(seed);
        _hash = new SipHash(_random.Next(), _random.Next());
        _range = range;
        _first = Math.Max((int)range.Range.First.Value, 1);
        _span = range.Range.Last.Value - _first + 1;
    }

    /// <summary>How many ports may be chosen.</summary>
    public int Count => _range.Count - (_range.Contains(PortNumber.Zero) ? 1 : 0);

    /// <summary>Begins a search for a connection's port.</summary>
    /// <param name="local">This end's address.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    public Search Begin(InternetAddress local, InternetAddress remote, PortNumber remotePort)
    {
        // RFC 6056 section 3.3.4: F gives the offset, G the counter; here two parts of one hash that tell nothing of each other.
        var hash = _hash.Of([local.UpperBits, local.LowerBits, remote.UpperBits, remote.LowerBits, remotePort.Value]);
        var counter = (int)(hash & (Counters - 1));
        return new Search(this, (uint)(hash >> 32) + CounterAt(counter), counter, step: 2, parity: 0);
    }

    /// <summary>
    /// Begins a search for the port of a bind: from a random one on (RFC 6056 section 3.3.1). One for connections leaves to those that name
    /// no port what they try first; one for datagrams has all ports alike, for resolvers live by ports that cannot be guessed (RFC 5452
    /// section 9.2).
    /// </summary>
    /// <param name="protocol">What the port is of.</param>
    public Search BeginAnywhere(TransportProtocol protocol)
    {
        var start = _random.Below((uint)Math.Max(1, _span));
        return protocol == TransportProtocol.Udp
            ? new Search(this, start, counter: -1, step: 1, parity: 0)
            : new Search(this, start, counter: -1, step: 2, parity: 1);
    }

    private ref uint CounterAt(int number)
    {
        ref var page = ref _counters[number / PageLength];
        if (page is null)
        {
            page = new uint[PageLength];
            for (var i = 0; i < PageLength; i++)
            {
                page[i] = (uint)_random.Next();
            }
        }

        return ref page[number % PageLength];
    }

    public struct Search
    {
        private readonly EphemeralPorts _owner;
        private readonly uint _start;
        private readonly int _counter;
        private readonly int _step;
        private int _parity;
        private int _place;
        private int _pass;

        internal Search(EphemeralPorts owner, uint start, int counter, int step, int parity)
        {
            _owner = owner;
            _start = start;
            _counter = counter;
            _step = step;
            _parity = parity;
        }

        /// <summary>How many ports were given.</summary>
        public int Tried { get; private set; }

        /// <summary>Gives the next port to try; false after the last.</summary>
        public bool TryNext(out PortNumber port)
        {
            while (_pass < _step)
            {
                // Of an odd number of places one more is of the first kind.
                var places = (_owner._span + _step - 1 - _parity) / _step;
                if (_place >= places)
                {
                    (_pass, _place, _parity) = (_pass + 1, 0, _parity ^ (_step - 1));
                    continue;
                }

                var place = (int)(((_start / (uint)_step) + (ulong)_place) % (uint)places);
                _place++;
                port = new PortNumber((ushort)(_owner._first + (place * _step) + _parity));
                if (_owner._range.Contains(port))
                {
                    Tried++;
                    return true;
                }
            }

            port = default;
            return false;
        }

        /// <summary>Says that the last port given is used: the next search towards this destination starts after it.</summary>
        public readonly void Take()
        {
            if (_counter >= 0)
            {
                var passed = Math.Max((uint)_place - 1, _owner._random.Below(RandomIncrements));
                _owner.CounterAt(_counter) += (passed + 1) * (uint)_step;
            }
        }
    }
}
