using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>A block of bytes that arrived out of order (RFC 2018 section 3).</summary>
/// <param name="Start">The number of its first byte.</param>
/// <param name="End">The number after its last byte.</param>
public readonly record struct TcpSackBlock(uint Start, uint End);

/// <summary>The blocks of a selective acknowledgment.</summary>
public readonly ref struct TcpSackBlocks
{
    internal const int BlockLength = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    internal TcpSackBlocks(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>How many, 0–4.</summary>
    public int Count => _bytes.Length / BlockLength;

    /// <summary>A block, counted from 0; as sent, so not trusted to be in order.</summary>
    public TcpSackBlock this[int index] =>
        new(ReadUInt32BigEndian(_bytes[(index * BlockLength)..]), ReadUInt32BigEndian(_bytes[((index * BlockLength) + 4)..]));
}
