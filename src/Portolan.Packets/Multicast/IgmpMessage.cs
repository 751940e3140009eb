using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>An IGMP message of version 1, 2 or 3 (RFC 1112, RFC 2236, RFC 9776).</summary>
public readonly ref struct IgmpMessage
{
    /// <summary>Bytes of the messages of versions 1 and 2.</summary>
    public const int MinLength = 8;

    internal const int QueryV3Length = 12;
    private const int AddressSize = 4;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly MulticastRecords _records;

    private IgmpMessage(ReadOnlySpan<byte> bytes, MulticastRecords records)
    {
        _bytes = bytes;
        _records = records;
    }

    /// <summary>The type; receivers ignore those that <see cref="IgmpType"/> does not name.</summary>
    public IgmpType Type => (IgmpType)_bytes[0];

    /// <summary>1, 2 or 3; of a query by its length and response code (RFC 9776 section 7.1).</summary>
    public int Version => Type switch
    {
        IgmpType.Query when _bytes.Length >= QueryV3Length => 3,
        IgmpType.Query => _bytes[1] == 0 ? 1 : 2,
        IgmpType.ReportV1 => 1,
        IgmpType.ReportV3 => 3,
        _ => 2,
    };

    /// <summary>The checksum as it came.</summary>
    public ushort Checksum => ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>Whether <see cref="Checksum"/> fits; it covers all of the packet's payload.</summary>
    public bool HasValidChecksum => InternetChecksum.Of(_bytes) == 0;

    /// <summary>The group; 0.0.0.0 in a general query, meaningless in a report of version 3.</summary>
    public InternetAddress Group => InternetAddress.FromIPv4(ReadUInt32BigEndian(_bytes[4..]));

    /// <summary>
    /// How long a listener may take to answer a query: 10 s in version 1 (RFC 9776 section 7.2.1), else what the code says.
    /// </summary>
    public TimeSpan MaxResponseTime => Version switch
    {
        1 => TimeSpan.FromSeconds(10),
        2 => TimeSpan.FromMilliseconds(100L * _bytes[1]),
        _ => TimeSpan.FromMilliseconds(100L * MulticastCode.Decode8(_bytes[1])),
    };

    /// <summary>S of a query of version 3: other routers do not act on it.</summary>
    public bool SuppressRouterProcessing => IsQueryV3 && (_bytes[8] & 8) != 0;

    /// <summary>QRV of a query of version 3, 0–7.</summary>
    public int Robustness => IsQueryV3 ? _bytes[8] & 7 : 0;

    /// <summary>QQI of a query of version 3.</summary>
    public TimeSpan QueryInterval => IsQueryV3 ? TimeSpan.FromSeconds(MulticastCode.Decode8(_bytes[9])) : TimeSpan.Zero;

    /// <summary>The sources that a query of version 3 asks for; none in other messages.</summary>
    public AddressList Sources => IsQueryV3
        ? new(_bytes.Slice(QueryV3Length, ReadUInt16BigEndian(_bytes[10..]) * AddressSize), AddressSize)
        : default;

    /// <summary>The group records of a report of version 3; none in other messages.</summary>
    public MulticastRecords Records => _records;

    private bool IsQueryV3 => Type == IgmpType.Query && _bytes.Length >= QueryV3Length;

    /// <summary>
    /// Fails when it is cut short, its lists do not fit, or a query has a length of no version (9–11 bytes). The checksum is not looked at.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out IgmpMessage message)
    {
        message = default;
        if (bytes.Length < MinLength)
        {
            return false;
        }

        var records = default(MulticastRecords);
        var fits = (IgmpType)bytes[0] switch
        {
            IgmpType.Query => bytes.Length == MinLength
                || (bytes.Length >= QueryV3Length && QueryV3Length + (ReadUInt16BigEndian(bytes[10..]) * AddressSize) <= bytes.Length),
            IgmpType.ReportV3 => MulticastRecords.TryRead(bytes[MinLength..], ReadUInt16BigEndian(bytes[6..]), AddressSize, out records),
            _ => true,
        };
        message = fits ? new IgmpMessage(bytes, records) : default;
        return fits;
    }
}
