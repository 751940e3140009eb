using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Portolan.Linux.Netlink;

/// <summary>
/// Writes netlink messages with nested attributes (<c>struct nlmsghdr</c>, <c>struct nlattr</c>, linux/netlink.h) one after another into a
/// buffer that grows.
/// </summary>
/// <remarks>
/// One thread. A misuse that the caller could have known of (a nest that is not open, an attribute beyond 65,535 bytes) throws.
/// </remarks>
public sealed class NetlinkWriter
{
    /// <summary>The most bytes that an attribute's value may have: its length with the header of four is 16 bits.</summary>
    public const int LargestValue = ushort.MaxValue - AttributeHeaderSize;

    private const int AttributeHeaderSize = 4;
    private const ushort NestedFlag = 0x8000; // NLA_F_NESTED

    private byte[] _buffer;
    private int _messageStart = -1;

    /// <summary>Starts empty.</summary>
    /// <param name="capacity">Bytes to start with.</param>
    public NetlinkWriter(int capacity = 1024) => _buffer = new byte[Math.Max(capacity, 64)];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written, with an open message's length not yet filled in. Valid until the next write.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Length);

    /// <summary>Forgets everything and keeps the buffer.</summary>
    public void Clear()
    {
        Length = 0;
        _messageStart = -1;
    }

    /// <summary>Starts a message; attributes and the family's header follow. Ends the one before.</summary>
    public void BeginMessage(ushort type, NetlinkFlags flags, uint sequence)
    {
        EndMessage();
        _messageStart = Length;
        var header = new NetlinkHeader { Type = type, Flags = flags, Sequence = sequence };
        MemoryMarshal.Write(Take(NetlinkHeader.Size), in header);
    }

    /// <summary>Fills in the length of the open message, if one is open.</summary>
    public void EndMessage()
    {
        if (_messageStart >= 0)
        {
            MemoryMarshal.Write(_buffer.AsSpan(_messageStart), (uint)(Length - _messageStart));
            _messageStart = -1;
        }
    }

    /// <summary>Writes bytes as they are, padded to a multiple of four: a family's header, or attributes that were read before.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>An attribute of bytes.</summary>
    public void Data(ushort type, ReadOnlySpan<byte> value) => value.CopyTo(Attribute(type, value.Length));

    /// <summary>An attribute of one byte.</summary>
    public void Byte(ushort type, byte value) => Attribute(type, 1)[0] = value;

    /// <summary>An attribute of 16 bits, network order.</summary>
    public void BigEndian16(ushort type, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Attribute(type, sizeof(ushort)), value);

    /// <summary>An attribute of 32 bits, network order.</summary>
    public void BigEndian32(ushort type, uint value) => BinaryPrimitives.WriteUInt32BigEndian(Attribute(type, sizeof(uint)), value);

    /// <summary>An attribute of 64 bits, network order.</summary>
    public void BigEndian64(ushort type, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Attribute(type, sizeof(ulong)), value);

    /// <summary>An attribute of 32 bits, host order.</summary>
    public void HostOrder32(ushort type, uint value) => MemoryMarshal.Write(Attribute(type, sizeof(uint)), in value);

    /// <summary>An attribute of text in UTF-8, ended by a zero byte.</summary>
    public void Text(ushort type, string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        var destination = Attribute(type, length + 1);
        Encoding.UTF8.GetBytes(value, destination);
        destination[length] = 0;
    }

    /// <summary>Opens an attribute that holds attributes (NLA_F_NESTED).</summary>
    /// <returns>What <see cref="EndNest"/> wants.</returns>
    public int BeginNest(ushort type)
    {
        var start = Length;
        MemoryMarshal.Write(Take(AttributeHeaderSize)[2..], (ushort)(type | NestedFlag));
        return start;
    }

    /// <summary>Closes an attribute that holds attributes.</summary>
    /// <exception cref="InvalidOperationException">It holds more than <see cref="LargestValue"/> bytes.</exception>
    public void EndNest(int nest) => MemoryMarshal.Write(_buffer.AsSpan(nest), Fitting(Length - nest));

    private static ushort Fitting(int length) => length <= ushort.MaxValue
        ? (ushort)length
        : throw new InvalidOperationException($"an attribute of {length} bytes does not fit: split it over several messages");

    private Span<byte> Attribute(ushort type, int length)
    {
        var whole = Fitting(AttributeHeaderSize + length);
        var destination = Take(whole);
        MemoryMarshal.Write(destination, whole);
        MemoryMarshal.Write(destination[2..], type);
        return destination.Slice(AttributeHeaderSize, length);
    }

    /// <summary>Room for so many bytes, and zeroes up to the next multiple of four (NLA_ALIGNTO, NLMSG_ALIGNTO).</summary>
    private Span<byte> Take(int length)
    {
        var aligned = (length + 3) & ~3;
        if (_buffer.Length - Length < aligned)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + aligned));
        }

        var span = _buffer.AsSpan(Length, aligned);
        span[length..].Clear();
        Length += aligned;
        return span[..length];
    }
}
