namespace Portolan.Packets;

/// <summary>
/// The extension headers of an IPv6 packet in the order they stand (RFC 8200 section 4). <c>foreach</c> gives at most 32.
/// </summary>
public readonly ref struct Ipv6ExtensionHeaders
{
    private readonly ReadOnlySpan<byte> _headers;
    private readonly IpProtocol _first;

    /// <param name="headers">The packet from its start up to the end of the extension headers, walked before.</param>
    /// <param name="first">The next header field of the fixed header.</param>
    internal Ipv6ExtensionHeaders(ReadOnlySpan<byte> headers, IpProtocol first)
    {
        _headers = headers;
        _first = first;
    }

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _headers.Length == Ipv6Packet.MinHeaderLength;

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(_headers, _first);

    /// <summary>Walks the headers. The packet's own walk has checked every length.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _headers;
        private IpProtocol _kind;
        private int _offset;
        private int _length;

        internal Enumerator(ReadOnlySpan<byte> headers, IpProtocol first)
        {
            _headers = headers;
            _kind = first;
            _offset = Ipv6Packet.MinHeaderLength;
        }

        /// <summary>The header reached.</summary>
        public readonly Ipv6ExtensionHeader Current => new(_kind, _offset, _headers.Slice(_offset, _length));

        /// <summary>Goes to the next header.</summary>
        public bool MoveNext()
        {
            if (_length > 0)
            {
                _kind = (IpProtocol)_headers[_offset];
                _offset += _length;
            }

            if (_offset >= _headers.Length)
            {
                return false;
            }

            _length = Ipv6Headers.LengthOf(_kind, _headers[_offset..]);
            return true;
        }
    }
}

/// <summary>One IPv6 extension header.</summary>
public readonly ref struct Ipv6ExtensionHeader
{
    internal Ipv6ExtensionHeader(IpProtocol kind, int offset, ReadOnlySpan<byte> bytes)
    {
        Kind = kind;
        Offset = offset;
        Bytes = bytes;
    }

    /// <summary>Hop-by-hop or destination options, routing, fragment or authentication.</summary>
    public IpProtocol Kind { get; }

    /// <summary>Where it starts in the packet, in bytes: what the pointer of an ICMPv6 parameter problem counts.</summary>
    public int Offset { get; }

    /// <summary>The whole header, at least 8 bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>What follows it.</summary>
    public IpProtocol NextHeader => (IpProtocol)Bytes[0];

    /// <summary>
    /// Reads the options of a hop-by-hop or destination options header; fails for another kind or when an option does not fit.
    /// </summary>
    public bool TryReadOptions(out Ipv6Options options)
    {
        options = default;
        return Kind is IpProtocol.HopByHopOptions or IpProtocol.DestinationOptions && Ipv6Options.TryRead(Bytes, Offset, out options);
    }

    /// <summary>Reads a routing header; fails for another kind.</summary>
    public bool TryReadRouting(out Ipv6RoutingHeader routing)
    {
        var ok = Kind == IpProtocol.Routing;
        routing = ok ? new Ipv6RoutingHeader(Bytes) : default;
        return ok;
    }
}
