using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>
/// Writes multicast listener messages. Their packets come from a link-local address (or <c>::</c>), have a hop limit of 1 and a router
/// alert (<see cref="Ipv6ExtensionWriter.WriteRouterAlert"/>) (RFC 9777 section 5).
/// </summary>
public static class MldWriter
{
    /// <summary>The hop limit of every message.</summary>
    public const byte HopLimit = 1;

    /// <summary>Where general queries go: ff02::1.</summary>
    public static InternetAddress AllNodes => InternetAddress.FromNumber(((UInt128)0xff02 << 112) | 1, isIPv4: false);

    /// <summary>Where done messages go: ff02::2.</summary>
    public static InternetAddress AllRouters => InternetAddress.FromNumber(((UInt128)0xff02 << 112) | 2, isIPv4: false);

    /// <summary>Where reports of version 2 go: ff02::16.</summary>
    public static InternetAddress AllVersion2Routers => InternetAddress.FromNumber(((UInt128)0xff02 << 112) | 0x16, isIPv4: false);

    /// <summary>Writes a query of version 1. Returns 24.</summary>
    /// <param name="message">Room for it.</param>
    /// <param name="source">The packet's sender, for the checksum.</param>
    /// <param name="destination">The packet's receiver.</param>
    /// <param name="group">The group, or <c>::</c> for all.</param>
    /// <param name="maxResponseTime">In milliseconds up to 65,535.</param>
    public static int WriteQuery(
        Span<byte> message, InternetAddress source, InternetAddress destination, InternetAddress group, TimeSpan maxResponseTime) =>
        Write(
            message, source, destination, Icmpv6Type.MulticastListenerQuery,
            (uint)Math.Clamp(maxResponseTime.TotalMilliseconds, 0, ushort.MaxValue), group);

    /// <summary>Writes a query of version 2.</summary>
    /// <param name="message">Room for 28 bytes and the sources.</param>
    /// <param name="source">The packet's sender, for the checksum.</param>
    /// <param name="destination">The packet's receiver.</param>
    /// <param name="group">The group, or <c>::</c> for all.</param>
    /// <param name="maxResponseTime">Up to 8387.584 s; coarser above 32.768 s.</param>
    /// <param name="robustness">QRV, 0–7.</param>
    /// <param name="queryInterval">QQI, up to 31,744 s; coarser above 128 s.</param>
    /// <param name="sources">The sources asked for.</param>
    public static int WriteQueryV2(
        Span<byte> message,
        InternetAddress source,
        InternetAddress destination,
        InternetAddress group,
        TimeSpan maxResponseTime,
        int robustness,
        TimeSpan queryInterval,
        ReadOnlySpan<InternetAddress> sources = default)
    {
        var payload = message[Icmpv6Message.HeaderLength..(MldMessage.QueryV2Length + (MldMessage.AddressSize * sources.Length))];
        group.WriteBytes(payload);
        payload[16] = (byte)(robustness & 7);
        payload[17] = MulticastCode.Encode8((int)queryInterval.TotalSeconds);
        WriteUInt16BigEndian(payload[18..], checked((ushort)sources.Length));
        for (var i = 0; i < sources.Length; i++)
        {
            sources[i].WriteBytes(payload[(20 + (MldMessage.AddressSize * i))..]);
        }

        var code = (uint)MulticastCode.Encode16((int)Math.Min(int.MaxValue, maxResponseTime.TotalMilliseconds)) << 16;
        return Icmpv6Writer.Write(message, source, destination, Icmpv6Type.MulticastListenerQuery, 0, code, payload);
    }

    /// <summary>Writes that a host of version 1 listens to a group. Returns 24. It goes to the group.</summary>
    public static int WriteReport(Span<byte> message, InternetAddress source, InternetAddress group) =>
        Write(message, source, group, Icmpv6Type.MulticastListenerReport, 0, group);

    /// <summary>Writes that a host of version 1 leaves a group. Returns 24. It goes to <see cref="AllRouters"/>.</summary>
    public static int WriteDone(Span<byte> message, InternetAddress source, InternetAddress group) =>
        Write(message, source, AllRouters, Icmpv6Type.MulticastListenerDone, 0, group);

    /// <summary>Writes a report of version 2 with records of IPv6. It goes to <see cref="AllVersion2Routers"/>.</summary>
    public static int WriteReportV2(Span<byte> message, InternetAddress source, in MulticastRecordsWriter records) =>
        Icmpv6Writer.Write(
            message, source, AllVersion2Routers, Icmpv6Type.MulticastListenerReportV2, 0, (uint)records.Count, records.Written);

    private static int Write(
        Span<byte> message, InternetAddress source, InternetAddress destination, Icmpv6Type type, uint maxResponse, InternetAddress group)
    {
        Span<byte> body = stackalloc byte[MldMessage.AddressSize];
        group.WriteBytes(body);
        return Icmpv6Writer.Write(message, source, destination, type, 0, maxResponse << 16, body);
    }
}
