using System.Buffers.Binary;
using System.Text;

namespace Portolan.Tests.Packets;

/// <summary>Capture files made by hand, in either byte order, with blocks that our own writer never writes.</summary>
internal sealed class PcapngBytes(bool isBigEndian)
{
    internal const ushort Ethernet = 1;

    private readonly List<byte> _file = [];
    private readonly List<byte> _body = [];

    internal bool IsBigEndian { get; set; } = isBigEndian;

    internal PcapngBytes Section(string? comment = null)
    {
        Put32(0x1a2b3c4d);
        Put16(1);
        Put16(0);
        Put32(uint.MaxValue);
        Put32(uint.MaxValue);
        PutText(1, comment);
        return Block(0x0a0d0d0a);
    }

    internal PcapngBytes Interface(ushort linkType, uint snapLength, string name, byte? resolution, long? offset)
    {
        Put16(linkType);
        Put16(0);
        Put32(snapLength);
        PutText(2, name);
        if (resolution is { } value)
        {
            PutOption(9, [value]);
        }

        if (offset is { } seconds)
        {
            var bytes = new byte[8];
            if (IsBigEndian)
            {
                BinaryPrimitives.WriteInt64BigEndian(bytes, seconds);
            }
            else
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes, seconds);
            }

            PutOption(14, bytes);
        }

        PutOption(0, []);
        return Block(1);
    }

    internal PcapngBytes Enhanced(uint number, ulong time, byte[] frame, params string[] comments)
    {
        Put32(number);
        Put32((uint)(time >> 32));
        Put32((uint)time);
        Put32((uint)frame.Length);
        Put32((uint)frame.Length);
        PutPadded(frame);
        foreach (var comment in comments)
        {
            PutText(1, comment);
        }

        return Block(6);
    }

    internal PcapngBytes Simple(uint originalLength, byte[] frame)
    {
        Put32(originalLength);
        PutPadded(frame);
        return Block(3);
    }

    /// <summary>A block of a type that readers do not know: the name resolutions of section 4.5, empty.</summary>
    internal PcapngBytes Unknown()
    {
        Put32(0);
        return Block(4);
    }

    internal byte[] ToArray() => [.. _file];

    internal MemoryStream ToStream() => new(ToArray());

    private PcapngBytes Block(uint type)
    {
        var body = _body.ToArray();
        _body.Clear();
        Put32(type);
        Put32((uint)body.Length + 12);
        _body.AddRange(body);
        Put32((uint)body.Length + 12);
        _file.AddRange(_body);
        _body.Clear();
        return this;
    }

    private void PutText(ushort code, string? text)
    {
        if (text is not null)
        {
            PutOption(code, Encoding.UTF8.GetBytes(text));
        }
    }

    private void PutOption(ushort code, byte[] value)
    {
        Put16(code);
        Put16((ushort)value.Length);
        PutPadded(value);
    }

    private void PutPadded(byte[] value)
    {
        _body.AddRange(value);
        _body.AddRange(new byte[-value.Length & 3]);
    }

    private void Put16(ushort value) => _body.AddRange(IsBigEndian ? [(byte)(value >> 8), (byte)value] : [(byte)value, (byte)(value >> 8)]);

    private void Put32(uint value)
    {
        var bytes = new byte[4];
        if (IsBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        }

        _body.AddRange(bytes);
    }
}
