namespace Portolan.Packets;

/// <summary>What a node does with an IPv6 option that it does not know: the two highest bits of its type (RFC 8200 section 4.2).</summary>
public enum Ipv6OptionAction : byte
{
    /// <summary>Ignore the option and process the rest of the header (RFC 8200 section 4.2).</summary>
    Skip = 0,

    /// <summary>Discard the packet.</summary>
    Discard = 1,

    /// <summary>Discard the packet and send a parameter problem, code 2, whatever its destination.</summary>
    DiscardAndReport = 2,

    /// <summary>Discard the packet and send a parameter problem, code 2, unless it went to a multicast address.</summary>
    DiscardAndReportUnlessMulticast = 3,
}

/// <summary>The types of IPv6 options that Portolan knows (IANA ipv6-parameters).</summary>
public enum Ipv6OptionType : byte
{
    /// <summary>One byte of padding, without a length.</summary>
    Pad1 = 0,

    /// <summary>Two or more bytes of padding.</summary>
    PadN = 1,

    /// <summary>Routers look inside (RFC 2711): multicast listener messages carry it.</summary>
    RouterAlert = 5,

    /// <summary>A payload over 65,535 bytes (RFC 2675).</summary>
    JumboPayload = 0xc2,
}

/// <summary>One option of a hop-by-hop or destination options header.</summary>
public readonly ref struct Ipv6Option
{
    internal Ipv6Option(Ipv6OptionType type, int offset, ReadOnlySpan<byte> data)
    {
        Type = type;
        Offset = offset;
        Data = data;
    }

    /// <summary>The option's number; its two highest bits say what to do with an unknown one (RFC 8200 section 4.2).</summary>
    public Ipv6OptionType Type { get; }

    /// <summary>Where it starts in the packet, for the pointer of a parameter problem.</summary>
    public int Offset { get; }

    /// <summary>Its bytes without type and length.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>What to do when it is not known.</summary>
    public Ipv6OptionAction Action => (Ipv6OptionAction)((byte)Type >> 6);

    /// <summary>Whether routers may change its data on the way.</summary>
    public bool MayChange => ((byte)Type & 0x20) != 0;
}

/// <summary>The options of a header, checked as a whole. <c>foreach</c> gives all but padding.</summary>
public readonly ref struct Ipv6Options
{
    private readonly ReadOnlySpan<byte> _header;
    private readonly int _offset;

    private Ipv6Options(ReadOnlySpan<byte> header, int offset)
    {
        _header = header;
        _offset = offset;
    }

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(_header, _offset);

    /// <summary>Fails when an option runs over the end of its header.</summary>
    /// <param name="header">The whole extension header.</param>
    /// <param name="offset">Where it starts in its packet.</param>
    /// <param name="options">The view.</param>
    internal static bool TryRead(ReadOnlySpan<byte> header, int offset, out Ipv6Options options)
    {
        options = default;
        var at = 2;
        while (at < header.Length)
        {
            if ((Ipv6OptionType)header[at] == Ipv6OptionType.Pad1)
            {
                at++;
            }
            else if (at + 1 >= header.Length)
            {
                return false;
            }
            else
            {
                at += 2 + header[at + 1];
            }
        }

        var fits = at == header.Length;
        options = fits ? new Ipv6Options(header, offset) : default;
        return fits;
    }

    /// <summary>Walks the options.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _header;
        private readonly int _offset;
        private int _current;
        private int _next;

        internal Enumerator(ReadOnlySpan<byte> header, int offset)
        {
            _header = header;
            _offset = offset;
            _next = 2;
        }

        /// <summary>The option reached.</summary>
        public readonly Ipv6Option Current => new((Ipv6OptionType)_header[_current], _offset + _current, _header[(_current + 2).._next]);

        /// <summary>Goes to the next option that is no padding.</summary>
        public bool MoveNext()
        {
            while (_next < _header.Length)
            {
                _current = _next;
                var type = (Ipv6OptionType)_header[_current];
                _next += type == Ipv6OptionType.Pad1 ? 1 : 2 + _header[_current + 1];
                if (type is not (Ipv6OptionType.Pad1 or Ipv6OptionType.PadN))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
