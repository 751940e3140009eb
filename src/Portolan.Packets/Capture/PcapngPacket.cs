namespace Portolan.Packets;

/// <summary>A frame read from a capture file. Its bytes are valid until the next one is read.</summary>
public readonly ref struct PcapngPacket
{
    internal PcapngPacket(
        PcapngInterface from, int interfaceNumber, long? nanoseconds, uint originalLength, ReadOnlySpan<byte> frame, PcapngOptions options)
    {
        Interface = from;
        InterfaceNumber = interfaceNumber;
        Nanoseconds = nanoseconds;
        OriginalLength = originalLength;
        Frame = frame;
        Options = options;
    }

    /// <summary>Where it was seen.</summary>
    public PcapngInterface Interface { get; }

    /// <summary>The number of <see cref="Interface"/> in its section.</summary>
    public int InterfaceNumber { get; }

    /// <summary>When, in nanoseconds since 1970 (UTC); <c>null</c> in a simple packet block, which has no time.</summary>
    public long? Nanoseconds { get; }

    /// <summary>Bytes it had on the wire; at least as many as are here in any sane file, but that is not checked.</summary>
    public uint OriginalLength { get; }

    /// <summary>Its bytes, or the first of them.</summary>
    public ReadOnlySpan<byte> Frame { get; }

    /// <summary>The options of its block, comments among them.</summary>
    public PcapngOptions Options { get; }

    /// <summary>Which way it went.</summary>
    public FrameDirection Direction
    {
        get
        {
            foreach (var option in Options)
            {
                if (option.Code == PcapngFormat.PacketFlags && option.Value.Length == 4)
                {
                    return (FrameDirection)(option.Read32() & 3) is var direction && direction <= FrameDirection.Outbound
                        ? direction
                        : FrameDirection.Unknown;
                }
            }

            return FrameDirection.Unknown;
        }
    }
}
