namespace Portolan.Packets;

/// <summary>The flags of a neighbour advertisement (RFC 4861 section 4.4).</summary>
[Flags]
public enum NeighbourFlags : byte
{
    /// <summary>No bit is set.</summary>
    None = 0,

    /// <summary>O: replaces what is known.</summary>
    Override = 0x20,

    /// <summary>S: answers a solicitation.</summary>
    Solicited = 0x40,

    /// <summary>R: the sender is a router.</summary>
    Router = 0x80,
}

/// <summary>The types of neighbour discovery options (RFC 4861 section 4.6).</summary>
public enum NeighbourOptionType : byte
{
    /// <summary>The sender's Ethernet address.</summary>
    SourceLinkLayerAddress = 1,

    /// <summary>The target's Ethernet address.</summary>
    TargetLinkLayerAddress = 2,

    /// <summary>A prefix that is on the link.</summary>
    PrefixInformation = 3,

    /// <summary>The packet that caused a redirect.</summary>
    RedirectedHeader = 4,

    /// <summary>The link's MTU.</summary>
    Mtu = 5,
}

/// <summary>One neighbour discovery option.</summary>
/// <param name="type">Which one.</param>
/// <param name="data">Its bytes without type and length: 6, 14, 22, …</param>
public readonly ref struct NeighbourOption(NeighbourOptionType type, ReadOnlySpan<byte> data)
{
    /// <summary>The option's number (RFC 4861 section 4.6).</summary>
    public NeighbourOptionType Type { get; } = type;

    /// <summary>Its bytes without type and length, at least 6.</summary>
    public ReadOnlySpan<byte> Data { get; } = data;
}

/// <summary>
/// The options of a neighbour discovery message. <c>foreach</c> ends quietly at the first option that is cut short or has length zero.
/// </summary>
public readonly ref struct NeighbourOptions
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal NeighbourOptions(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Finds the Ethernet address in an option of this type.</summary>
    public bool TryFindLinkLayerAddress(NeighbourOptionType type, out MacAddress address)
    {
        foreach (var option in this)
        {
            if (option.Type == type)
            {
                address = MacAddress.FromBytes(option.Data);
                return true;
            }
        }

        address = default;
        return false;
    }

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(_bytes);

    /// <summary>Walks the options.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;

        internal Enumerator(ReadOnlySpan<byte> bytes)
        {
            _rest = bytes;
            Current = default;
        }

        /// <summary>The option reached.</summary>
        public NeighbourOption Current { get; private set; }

        /// <summary>Goes to the next option.</summary>
        public bool MoveNext()
        {
            var length = _rest.Length >= 8 ? _rest[1] * 8 : 0;
            if (length == 0 || length > _rest.Length)
            {
                _rest = default;
                return false;
            }

            Current = new NeighbourOption((NeighbourOptionType)_rest[0], _rest[2..length]);
            _rest = _rest[length..];
            return true;
        }
    }
}
