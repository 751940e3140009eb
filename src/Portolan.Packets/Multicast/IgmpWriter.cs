using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>
/// Writes IGMP messages. Their packets have a TTL of 1 and the option <see cref="Ipv4Writer.RouterAlert"/> (RFC 9776 section 4).
/// </summary>
public static class IgmpWriter
{
    /// <summary>The TTL of every IGMP packet.</summary>
    public const byte TimeToLive = 1;

    /// <summary>Where queries go: 224.0.0.1.</summary>
    public static InternetAddress AllSystems => InternetAddress.FromIPv4(0xe0000001);

    /// <summary>Where leave messages go: 224.0.0.2.</summary>
    public static InternetAddress AllRouters => InternetAddress.FromIPv4(0xe0000002);

    /// <summary>Where reports of version 3 go: 224.0.0.22.</summary>
    public static InternetAddress AllVersion3Routers => InternetAddress.FromIPv4(0xe0000016);

    /// <summary>The Ethernet address of an IPv4 multicast address: 01:00:5e and its low 23 bits (RFC 1112 section 6.4).</summary>
    public static MacAddress MulticastHardwareAddress(InternetAddress multicast) =>
        new(0x0100_5e00_0000UL | (multicast.IPv4Bits & 0x7f_ffff));

    /// <summary>Writes a query of version 1 (response time 0) or 2. Returns 8.</summary>
    /// <param name="message">Room for it.</param>
    /// <param name="group">The group, or 0.0.0.0 for all.</param>
    /// <param name="maxResponseTime">In tenths of a second, up to 25.5 s.</param>
    public static int WriteQuery(Span<byte> message, InternetAddress group, TimeSpan maxResponseTime) =>
        Write(
            message, IgmpType.Query, (byte)Math.Clamp(maxResponseTime.TotalMilliseconds / 100, 0, byte.MaxValue), group.IPv4Bits, default);

    /// <summary>Writes a query of version 3.</summary>
    /// <param name="message">Room for 12 bytes and the sources.</param>
    /// <param name="group">The group, or 0.0.0.0 for all.</param>
    /// <param name="maxResponseTime">Up to 3174.4 s; coarser above 12.8 s.</param>
    /// <param name="robustness">QRV, 0–7.</param>
    /// <param name="queryInterval">QQI, up to 31,744 s; coarser above 128 s.</param>
    /// <param name="sources">The sources asked for.</param>
    public static int WriteQueryV3(
        Span<byte> message, InternetAddress group, TimeSpan maxResponseTime, int robustness, TimeSpan queryInterval,
        ReadOnlySpan<InternetAddress> sources = default)
    {
        var rest = message[IgmpMessage.MinLength..];
        rest[0] = (byte)(robustness & 7);
        rest[1] = MulticastCode.Encode8((int)queryInterval.TotalSeconds);
        WriteUInt16BigEndian(rest[2..], checked((ushort)sources.Length));
        for (var i = 0; i < sources.Length; i++)
        {
            sources[i].WriteBytes(rest[(4 + (4 * i))..]);
        }

        var code = MulticastCode.Encode8((int)(maxResponseTime.TotalMilliseconds / 100));
        return Write(message, IgmpType.Query, code, group.IPv4Bits, rest[..(4 + (4 * sources.Length))]);
    }

    /// <summary>Writes that a host listens to a group. Returns 8.</summary>
    /// <param name="message">Room for it.</param>
    /// <param name="group">The group, where the packet goes too.</param>
    /// <param name="version">1 or 2, as the querier speaks.</param>
    public static int WriteReport(Span<byte> message, InternetAddress group, int version = 2) =>
        Write(message, version == 1 ? IgmpType.ReportV1 : IgmpType.ReportV2, 0, group.IPv4Bits, default);

    /// <summary>Writes that a host of version 2 leaves a group. Returns 8. It goes to <see cref="AllRouters"/>.</summary>
    public static int WriteLeave(Span<byte> message, InternetAddress group) => Write(message, IgmpType.Leave, 0, group.IPv4Bits, default);

    /// <summary>Writes a report of version 3 with records of IPv4. It goes to <see cref="AllVersion3Routers"/>.</summary>
    public static int WriteReportV3(Span<byte> message, in MulticastRecordsWriter records) =>
        Write(message, IgmpType.ReportV3, 0, (uint)records.Count, records.Written);

    private static int Write(Span<byte> message, IgmpType type, byte code, uint rest, ReadOnlySpan<byte> payload)
    {
        payload.CopyTo(message[IgmpMessage.MinLength..]);
        message[0] = (byte)type;
        message[1] = code;
        WriteUInt16BigEndian(message[2..], 0);
        WriteUInt32BigEndian(message[4..], rest);
        var length = IgmpMessage.MinLength + payload.Length;
        WriteUInt16BigEndian(message[2..], InternetChecksum.Of(message[..length]));
        return length;
    }
}
