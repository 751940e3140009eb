using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>
/// A multicast listener discovery message of version 1 or 2 (RFC 2710, RFC 9777): an ICMPv6 message whose lists were checked.
/// </summary>
public readonly ref struct MldMessage
{
    /// <summary>Bytes of a message of version 1.</summary>
    public const int MinLength = 24;

    internal const int QueryV2Length = 28;
    internal const int AddressSize = 16;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly MulticastRecords _records;

    private MldMessage(ReadOnlySpan<byte> bytes, MulticastRecords records)
    {
        _bytes = bytes;
        _records = records;
    }

    /// <summary>Query, report, done, or report of version 2.</summary>
    public Icmpv6Type Type => (Icmpv6Type)_bytes[0];

    /// <summary>1 or 2; of a query by its length (RFC 9777 section 8.1).</summary>
    public int Version => Type switch
    {
        Icmpv6Type.MulticastListenerQuery => _bytes.Length == MinLength ? 1 : 2,
        Icmpv6Type.MulticastListenerReportV2 => 2,
        _ => 1,
    };

    /// <summary>The group; <c>::</c> in a general query and in a report of version 2.</summary>
    public InternetAddress Group =>
        Type == Icmpv6Type.MulticastListenerReportV2 ? InternetAddress.AnyIPv6 : InternetAddress.FromBytes(_bytes.Slice(8, AddressSize));

    /// <summary>How long a listener may take to answer a query.</summary>
    public TimeSpan MaxResponseTime => Version == 1
        ? TimeSpan.FromMilliseconds((double)ReadUInt16BigEndian(_bytes[4..]))
        : TimeSpan.FromMilliseconds((double)MulticastCode.Decode16(ReadUInt16BigEndian(_bytes[4..])));

    /// <summary>S of a query of version 2: other routers do not act on it.</summary>
    public bool SuppressRouterProcessing => IsQueryV2 && (_bytes[24] & 8) != 0;

    /// <summary>QRV of a query of version 2, 0–7.</summary>
    public int Robustness => IsQueryV2 ? _bytes[24] & 7 : 0;

    /// <summary>QQI of a query of version 2.</summary>
    public TimeSpan QueryInterval => IsQueryV2 ? TimeSpan.FromSeconds(MulticastCode.Decode8(_bytes[25])) : TimeSpan.Zero;

    /// <summary>The sources that a query of version 2 asks for; none in other messages.</summary>
    public AddressList Sources => IsQueryV2
        ? new(_bytes.Slice(QueryV2Length, ReadUInt16BigEndian(_bytes[26..]) * AddressSize), AddressSize)
        : default;

    /// <summary>The group records of a report of version 2; none in other messages.</summary>
    public MulticastRecords Records => _records;

    private bool IsQueryV2 => Type == Icmpv6Type.MulticastListenerQuery && _bytes.Length >= QueryV2Length;

    /// <summary>
    /// Fails when it is another ICMPv6 message, is cut short, its lists do not fit, or a query has a length of no version (25–27 bytes).
    /// </summary>
    /// <param name="bytes">The ICMPv6 message, header included.</param>
    /// <param name="message">The view.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out MldMessage message)
    {
        message = default;
        if (bytes.Length < Icmpv6Message.HeaderLength)
        {
            return false;
        }

        var records = default(MulticastRecords);
        var fits = (Icmpv6Type)bytes[0] switch
        {
            Icmpv6Type.MulticastListenerQuery => bytes.Length == MinLength
                || (bytes.Length >= QueryV2Length && QueryV2Length + (ReadUInt16BigEndian(bytes[26..]) * AddressSize) <= bytes.Length),
            Icmpv6Type.MulticastListenerReport or Icmpv6Type.MulticastListenerDone => bytes.Length >= MinLength,
            Icmpv6Type.MulticastListenerReportV2 =>
                MulticastRecords.TryRead(bytes[Icmpv6Message.HeaderLength..], ReadUInt16BigEndian(bytes[6..]), AddressSize, out records),
            _ => false,
        };
        message = fits ? new MldMessage(bytes, records) : default;
        return fits;
    }
}
