using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Encodes the group records of a report, one after the other. The records of a report are of one family.</summary>
/// <param name="buffer">Where they go.</param>
public ref struct MulticastRecordsWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;

    /// <summary>How many were added.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>What was written, for <see cref="IgmpWriter.WriteReportV3"/> or <see cref="MldWriter.WriteReportV2"/>.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[..Length];

    /// <summary>
    /// Adds a record. Returns false, and adds nothing, when there is no room: send what is there and go on with another report.
    /// </summary>
    public bool TryAdd(MulticastRecordType type, InternetAddress group, scoped ReadOnlySpan<InternetAddress> sources = default)
    {
        var size = group.BitCount / 8;
        var length = 4 + (size * (1 + sources.Length));
        if (length > _buffer.Length - Length || sources.Length > ushort.MaxValue || Count == ushort.MaxValue)
        {
            return false;
        }

        var record = _buffer.Slice(Length, length);
        record[0] = (byte)type;
        record[1] = 0;
        WriteUInt16BigEndian(record[2..], (ushort)sources.Length);
        group.WriteBytes(record[4..]);
        for (var i = 0; i < sources.Length; i++)
        {
            sources[i].WriteBytes(record[(4 + (size * (1 + i)))..]);
        }

        Length += length;
        Count++;
        return true;
    }
}
