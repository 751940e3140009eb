using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Encodes TCP options into a buffer of up to 40 bytes, one after the other, then pads them.</summary>
/// <param name="buffer">Where they go. Too little room for an option throws.</param>
public ref struct TcpOptionsWriter(Span<byte> buffer)
{
    /// <summary>The most bytes of options.</summary>
    public const int MaxLength = TcpSegment.MaxHeaderLength - TcpSegment.MinHeaderLength;

    private readonly Span<byte> _buffer = buffer;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>The options of a SYN that is as short as firewalls accept: MSS alone, 4 bytes.</summary>
    public static int WriteMinimalSyn(Span<byte> options, ushort maximumSegmentSize)
    {
        var writer = new TcpOptionsWriter(options);
        writer.AddMaximumSegmentSize(maximumSegmentSize);
        return writer.Pad();
    }

    /// <summary>The options of a SYN in the order that Linux sends them: MSS, SACK permitted, timestamps, padding, window scale; 20 bytes.</summary>
    public static int WriteLinuxSyn(Span<byte> options, ushort maximumSegmentSize, uint timestamp, byte windowScale = 7)
    {
        var writer = new TcpOptionsWriter(options);
        writer.AddMaximumSegmentSize(maximumSegmentSize);
        writer.AddSackPermitted();
        writer.AddTimestamps(timestamp, 0);
        writer.AddNoOperation();
        writer.AddWindowScale(windowScale);
        return writer.Pad();
    }

    /// <summary>Adds MSS, in bytes.</summary>
    public void AddMaximumSegmentSize(ushort value) => WriteUInt16BigEndian(Add(TcpOptionKind.MaximumSegmentSize, 2), value);

    /// <summary>Adds the shift of the window, 0–14.</summary>
    public void AddWindowScale(byte shift) => Add(TcpOptionKind.WindowScale, 1)[0] = shift;

    /// <summary>Adds SACK permitted.</summary>
    public void AddSackPermitted() => Add(TcpOptionKind.SackPermitted, 0);

    /// <summary>Adds TSval and TSecr.</summary>
    public void AddTimestamps(uint value, uint echo)
    {
        var data = Add(TcpOptionKind.Timestamps, 8);
        WriteUInt32BigEndian(data, value);
        WriteUInt32BigEndian(data[4..], echo);
    }

    /// <summary>Adds up to four selectively acknowledged blocks.</summary>
    public void AddSackBlocks(ReadOnlySpan<TcpSackBlock> blocks)
    {
        var data = Add(TcpOptionKind.Sack, blocks.Length * TcpSackBlocks.BlockLength);
        foreach (var block in blocks)
        {
            WriteUInt32BigEndian(data, block.Start);
            WriteUInt32BigEndian(data[4..], block.End);
            data = data[TcpSackBlocks.BlockLength..];
        }
    }

    /// <summary>Adds one byte of padding.</summary>
    public void AddNoOperation() => _buffer[Length++] = (byte)TcpOptionKind.NoOperation;

    /// <summary>Ends the list at a multiple of four bytes and returns its length.</summary>
    public int Pad()
    {
        while (Length % 4 != 0)
        {
            _buffer[Length++] = (byte)TcpOptionKind.EndOfList;
        }

        return Length;
    }

    private Span<byte> Add(TcpOptionKind kind, int dataLength)
    {
        _buffer[Length] = (byte)kind;
        _buffer[Length + 1] = (byte)(dataLength + 2);
        var data = _buffer.Slice(Length + 2, dataLength);
        Length += dataLength + 2;
        return data;
    }
}
