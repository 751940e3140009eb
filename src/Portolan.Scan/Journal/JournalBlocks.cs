using System.Buffers.Binary;
using System.Numerics;

namespace Portolan.Scan.Journal;

/// <summary>
/// The file under a journal: a magic number, then blocks of length, CRC-32C (RFC 3720 appendix B.4) and bytes. A block is whole or it is
/// not there: what a crash cut off, or spoiled, ends the file as if it had not been written.
/// </summary>
internal static class JournalBlocks
{
    /// <summary>
    /// The most bytes of a block; more is damage. The longest is the first, with the targets: a million of them take some 28 MB.
    /// </summary>
    public const int MaxLength = 64 << 20;

    private const int HeadLength = 8;

    /// <summary>What a journal begins with; the last byte is the version.</summary>
    public static ReadOnlySpan<byte> Magic => "Portolan scan\0\0\x01"u8;

    /// <summary>Appends a block in one write.</summary>
    public static void Append(Stream stream, ReadOnlySpan<byte> bytes)
    {
        var block = new byte[HeadLength + bytes.Length];
        BinaryPrimitives.WriteInt32LittleEndian(block, bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(4), Checksum(bytes));
        bytes.CopyTo(block.AsSpan(HeadLength));
        stream.Write(block);
    }

    /// <summary>
    /// Reads the next block; <c>false</c> at the end, or where the rest is no whole block: the stream then stands where it stood.
    /// </summary>
    public static bool TryRead(Stream stream, out byte[] bytes)
    {
        var start = stream.Position;
        Span<byte> head = stackalloc byte[HeadLength];
        bytes = [];
        if (stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false) == HeadLength)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (length is >= 0 and <= MaxLength && length <= stream.Length - stream.Position)
            {
                bytes = new byte[length];
                stream.ReadExactly(bytes);
                if (Checksum(bytes) == BinaryPrimitives.ReadUInt32LittleEndian(head[4..]))
                {
                    return true;
                }
            }
        }

        stream.Position = start;
        return false;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var rest in bytes)
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }
}
