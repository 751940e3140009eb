using System.Text;
using Portolan.Packets.Links;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Which way a captured frame went.</summary>
public enum FrameDirection : byte
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>Received.</summary>
    Inbound = 1,

    /// <summary>Sent.</summary>
    Outbound = 2,
}

/// <summary>
/// Writes captured frames as pcapng (draft-ietf-opsawg-pcapng): a section header, a description of each interface, then an enhanced block
/// for each frame, with times in nanoseconds. One thread at a time.
/// </summary>
public sealed class PcapngWriter
{
    private readonly Stream _stream;
    private byte[] _block = new byte[2048];
    private int _length;
    private int _interfaces;

    /// <summary>Starts a section.</summary>
    /// <param name="stream">Where it goes; the caller flushes and closes it.</param>
    /// <param name="application">Who writes it.</param>
    public PcapngWriter(Stream stream, string application)
    {
        _stream = stream;
        Begin(PcapngFormat.SectionHeader);
        Put(PcapngFormat.ByteOrderMagic);
        Put16(1);
        Put16(0);
        Put(uint.MaxValue);
        Put(uint.MaxValue);
        PutOption(PcapngFormat.Application, Encoding.UTF8.GetBytes(application));
        Put(0);
        End();
    }

    /// <summary>
    /// Describes an interface. Returns its number for
    /// <see cref="Write(int, DateTimeOffset, ReadOnlySpan{byte}, FrameDirection, int, string?)"/>.
    /// </summary>
    /// <param name="name">Such as <c>eth0</c>.</param>
    /// <param name="layer">What its frames start with.</param>
    /// <param name="description">What it is, for people; <c>null</c> to say nothing.</param>
    public int AddInterface(string name, LinkLayer layer, string? description = null)
    {
        Begin(PcapngFormat.InterfaceDescription);

        // LINKTYPE_ETHERNET and LINKTYPE_RAW, whose IP version is in the packet.
        Put16(layer == LinkLayer.Ethernet ? PcapngFormat.Ethernet : PcapngFormat.Raw);
        Put16(0);
        Put(0);
        PutOption(PcapngFormat.InterfaceName, Encoding.UTF8.GetBytes(name));
        if (description is not null)
        {
            PutOption(PcapngFormat.InterfaceDescriptionText, Encoding.UTF8.GetBytes(description));
        }

        PutOption(PcapngFormat.TimestampResolution, [PcapngFormat.Nanoseconds]);
        Put(0);
        End();
        return _interfaces++;
    }

    /// <summary>Writes a frame.</summary>
    /// <param name="interfaceNumber">From <see cref="AddInterface"/>.</param>
    /// <param name="time">When it was seen.</param>
    /// <param name="frame">Its bytes, or the first of them.</param>
    /// <param name="direction">Which way it went.</param>
    /// <param name="originalLength">How long it was on the wire; 0 when nothing was cut off.</param>
    /// <param name="comment">What to say about it; over 65,535 bytes of UTF-8 it is cut.</param>
    public void Write(
        int interfaceNumber,
        DateTimeOffset time,
        ReadOnlySpan<byte> frame,
        FrameDirection direction = FrameDirection.Unknown,
        int originalLength = 0,
        string? comment = null) =>
        Write(
            interfaceNumber,
            (ulong)(time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick,
            frame,
            direction,
            originalLength,
            comment);

    /// <summary>Writes a frame with a time in nanoseconds since 1970, as virtual time has it.</summary>
    /// <inheritdoc cref="Write(int, DateTimeOffset, ReadOnlySpan{byte}, FrameDirection, int, string?)"/>
    public void Write(
        int interfaceNumber,
        ulong nanoseconds,
        ReadOnlySpan<byte> frame,
        FrameDirection direction = FrameDirection.Unknown,
        int originalLength = 0,
        string? comment = null)
    {
        Begin(PcapngFormat.EnhancedPacket);
        Put((uint)interfaceNumber);
        Put((uint)(nanoseconds >> 32));
        Put((uint)nanoseconds);
        Put((uint)frame.Length);
        Put((uint)Math.Max(originalLength, frame.Length));
        PutPadded(frame);
        if (direction != FrameDirection.Unknown)
        {
            Put16(PcapngFormat.PacketFlags);
            Put16(4);
            Put((uint)direction);
        }

        if (comment is not null)
        {
            PutComment(comment);
        }

        if (direction != FrameDirection.Unknown || comment is not null)
        {
            Put(0);
        }

        End();
    }

    private void Begin(uint type)
    {
        _length = 0;
        Put(type);
        Put(0);
    }

    private void End()
    {
        var total = (uint)_length + 4;
        Put(total);
        WriteUInt32LittleEndian(_block.AsSpan(4), total);
        _stream.Write(_block, 0, _length);
    }

    private void PutComment(string comment)
    {
        var bytes = Encoding.UTF8.GetBytes(comment);
        var length = Math.Min(bytes.Length, ushort.MaxValue);

        // A character is not cut in two: its later bytes start with the bits 10.
        while (length < bytes.Length && (bytes[length] & 0xc0) == 0x80)
        {
            length--;
        }

        PutOption(PcapngFormat.Comment, bytes.AsSpan(0, length));
    }

    private void PutOption(ushort code, ReadOnlySpan<byte> value)
    {
        Put16(code);
        Put16((ushort)value.Length);
        PutPadded(value);
    }

    private void PutPadded(ReadOnlySpan<byte> value)
    {
        var room = Take((value.Length + 3) & ~3);
        room[value.Length..].Clear();
        value.CopyTo(room);
    }

    private void Put(uint value) => WriteUInt32LittleEndian(Take(4), value);

    private void Put16(ushort value) => WriteUInt16LittleEndian(Take(2), value);

    private Span<byte> Take(int length)
    {
        if (_block.Length - _length < length)
        {
            Array.Resize(ref _block, Math.Max(2 * _block.Length, _length + length));
        }

        _length += length;
        return _block.AsSpan(_length - length, length);
    }
}
