using System.Runtime.InteropServices;

namespace Portolan.Linux.Netlink;

/// <summary>
/// Walks the messages of one netlink datagram. Never throws: a message that does not fit ends the walk and sets <see cref="IsMalformed"/>.
/// </summary>
public ref struct NetlinkMessages
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts before the first message of <paramref name="datagram"/>.</summary>
    public NetlinkMessages(ReadOnlySpan<byte> datagram) => _rest = datagram;

    /// <summary>Header of the current message.</summary>
    public NetlinkHeader Header { get; private set; }

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>Whether the walk ended at bytes that are no message.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Goes to the next message.</summary>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (!MemoryMarshal.TryRead(_rest, out NetlinkHeader header) || header.Length < NetlinkHeader.Size
            || header.Length > (uint)_rest.Length)
        {
            _rest = default;
            IsMalformed = true;
            return false;
        }

        var length = (int)header.Length;
        Header = header;
        Payload = _rest[NetlinkHeader.Size..length];
        // Messages start at multiples of four; the last may lack its padding.
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
