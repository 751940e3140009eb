using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Tcp.Core;

/// <summary>Where in the options of a SYN the values are that differ from one to the next; 0 for an option that is not there.</summary>
internal readonly record struct SynPlaces(int SegmentSize, int WindowScale, int Timestamps)
{
    internal SynPlaces With(TcpSynOption option, int place) => option switch
    {
        TcpSynOption.MaximumSegmentSize => this with { SegmentSize = place },
        TcpSynOption.WindowScale => this with { WindowScale = place },
        TcpSynOption.Timestamps => this with { Timestamps = place },
        _ => this,
    };
}

/// <summary>The options of SYNs that offer the same: written once, then copied with other values.</summary>
/// <param name="Bytes">A whole number of words.</param>
/// <param name="Places">Where the values go.</param>
internal sealed record SynTemplate(byte[] Bytes, SynPlaces Places)
{
    internal int Write(Span<byte> buffer, in TcpSynOffer offer)
    {
        Bytes.CopyTo(buffer);
        if (Places.SegmentSize > 0)
        {
            WriteUInt16BigEndian(buffer[Places.SegmentSize..], (ushort)offer.SegmentSize);
        }

        if (Places.WindowScale > 0)
        {
            buffer[Places.WindowScale] = (byte)offer.WindowScale;
        }

        if (Places.Timestamps > 0)
        {
            WriteUInt32BigEndian(buffer[Places.Timestamps..], offer.Timestamp);
            WriteUInt32BigEndian(buffer[(Places.Timestamps + sizeof(uint))..], offer.TimestampEcho);
        }

        return Bytes.Length;
    }
}
