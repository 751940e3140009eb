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

    /// <summary>
    /// The options of a SYN in the order that Linux sends them: MSS, SACK permitted, timestamps, padding, window scale; 20 bytes.
    /// </summary>
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

    /// <summary>Adds the two bytes that permit selective acknowledgments (RFC 2018 section 2).</summary>
    public void AddSackPermitted() => Add(TcpOptionKind.SackPermitted, 0);

    /// <summary>Adds TSval and TSecr.</summary>
    public void AddTimestamps(uint value, uint echo)
    {
        var data = Add(TcpOptionKind.Timestamps, 8);
        WriteUInt32BigEndian(data, value);
        WriteUInt32BigEndian(data[4..], echo);
    }

    /// <summary>Adds up to four selectively acknowledged blocks.</summary>
    public void AddSackBlocks(scoped ReadOnlySpan<TcpSackBlock> blocks)
    {
        var data = Add(TcpOptionKind.Sack, blocks.Length * TcpSackBlocks.BlockLength);
        foreach (var block in blocks)
        {
            WriteUInt32BigEndian(data, block.Start);
            WriteUInt32BigEndian(data[4..], block.End);
            data = data[TcpSackBlocks.BlockLength..];
        }
    }

    /// <summary>Adds a Fast Open cookie of 4–16 bytes, an even number; empty to ask for one (RFC 7413 section 4.1.1).</summary>
    public void AddFastOpen(scoped ReadOnlySpan<byte> cookie) => AddChecked(TcpOptionKind.FastOpen, cookie);

    /// <summary>Adds AccECN's byte counters (RFC 9768 section 3.2.3).</summary>
    /// <param name="counters">The counters; their low 24 bits are sent.</param>
    /// <param name="ect1First">The order: ECT(1), CE, ECT(0), or the reverse.</param>
    /// <param name="count">How many to send, 0–3, from the first of the order.</param>
    public void AddAccurateEcn(TcpAccurateEcn counters, bool ect1First = false, int count = 3)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, 3u, nameof(count));
        var data = Add(ect1First ? TcpOptionKind.AccurateEcn1 : TcpOptionKind.AccurateEcn0, 3 * count);
        for (var i = 0; i < count; i++)
        {
            var value = (i, ect1First) switch
            {
                (1, _) => counters.CongestionExperienced,
                (0, true) or (2, false) => counters.Ect1,
                _ => counters.Ect0,
            } ?? 0;
            data[3 * i] = (byte)(value >> 16);
            WriteUInt16BigEndian(data[((3 * i) + 1)..], (ushort)value);
        }
    }

    /// <summary>Adds a user timeout (RFC 5482 section 3): seconds up to 32,767, else whole minutes, rounded up.</summary>
    public void AddUserTimeout(TimeSpan timeout) => WriteUInt16BigEndian(Add(TcpOptionKind.UserTimeout, 2), TcpUserTimeout.Encode(timeout));

    /// <summary>Adds an MD5 signature of 16 bytes, made by the caller (RFC 2385 section 3).</summary>
    public void AddMd5Signature(scoped ReadOnlySpan<byte> digest) => AddChecked(TcpOptionKind.Md5Signature, digest);

    /// <summary>Adds TCP-AO (RFC 5925 section 2.2).</summary>
    /// <param name="keyId">The key that made <paramref name="code"/>.</param>
    /// <param name="nextKeyId">The key that the sender is ready to receive with.</param>
    /// <param name="code">The message authentication code, made by the caller.</param>
    public void AddAuthentication(byte keyId, byte nextKeyId, scoped ReadOnlySpan<byte> code)
    {
        var data = Add(TcpOptionKind.Authentication, 2 + code.Length);
        data[0] = keyId;
        data[1] = nextKeyId;
        code.CopyTo(data[2..]);
    }

    /// <summary>Adds one byte of padding.</summary>
    public void AddNoOperation() => _buffer[Length++] = (byte)TcpOptionKind.NoOperation;

    /// <summary>Ends the list at a multiple of four bytes, with zeros (RFC 9293 section 3.1, MUST-69), and returns its length.</summary>
    public int Pad()
    {
        while (Length % 4 != 0)
        {
            _buffer[Length++] = (byte)TcpOptionKind.EndOfList;
        }

        return Length;
    }

    private void AddChecked(TcpOptionKind kind, scoped ReadOnlySpan<byte> data)
    {
        if (!kind.Allows(data.Length))
        {
            throw new ArgumentException($"{kind} does not have {data.Length} bytes", nameof(data));
        }

        data.CopyTo(Add(kind, data.Length));
    }

    private Span<byte> Add(TcpOptionKind kind, int dataLength)
    {
        // RFC 9293 section 3.1, MUST-68.
        _buffer[Length] = (byte)kind;
        _buffer[Length + 1] = (byte)(dataLength + 2);
        var data = _buffer.Slice(Length + 2, dataLength);
        Length += dataLength + 2;
        return data;
    }
}
