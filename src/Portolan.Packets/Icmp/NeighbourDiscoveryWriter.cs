using Portolan.Model;

namespace Portolan.Packets;

/// <summary>
/// Writes neighbour solicitations and advertisements (RFC 4861 sections 4.3 and 4.4). Their packets need a hop limit of 255.
/// </summary>
public static class NeighbourDiscoveryWriter
{
    /// <summary>The hop limit without which neighbour discovery is ignored (RFC 4861 section 7.1).</summary>
    public const byte HopLimit = 255;

    /// <summary>Bytes of a message with one Ethernet address.</summary>
    public const int Length = Icmpv6Message.HeaderLength + BodyLength;

    private const int BodyLength = 16 + 8;

    /// <summary>The multicast address that a node with this address listens on: ff02::1:ffXX:XXXX (RFC 4291 section 2.7.1).</summary>
    public static InternetAddress SolicitedNodeAddress(InternetAddress target)
    {
        Span<byte> bytes = stackalloc byte[16];
        target.WriteBytes(bytes);
        ReadOnlySpan<byte> prefix = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff];
        prefix.CopyTo(bytes);
        return InternetAddress.FromBytes(bytes);
    }

    /// <summary>The Ethernet address of an IPv6 multicast address: 33:33 and its last four bytes (RFC 2464 section 7).</summary>
    public static MacAddress MulticastHardwareAddress(InternetAddress multicast) => new(0x3333_0000_0000UL | multicast.IPv4Bits);

    /// <summary>Writes the question who has <paramref name="target"/>, with our Ethernet address. Returns 32.</summary>
    /// <param name="message">Room for it.</param>
    /// <param name="source">Our address.</param>
    /// <param name="destination">The <see cref="SolicitedNodeAddress"/>, or the target itself to ask whether it is still there.</param>
    /// <param name="target">The address that is asked for.</param>
    /// <param name="hardwareAddress">Our Ethernet address.</param>
    public static int WriteSolicitation(
        Span<byte> message, InternetAddress source, InternetAddress destination, InternetAddress target, MacAddress hardwareAddress) =>
        Write(
            message, source, destination, Icmpv6Type.NeighbourSolicitation, 0, target, NeighbourOptionType.SourceLinkLayerAddress,
            hardwareAddress);

    /// <summary>Writes that <paramref name="target"/> has this Ethernet address. Returns 32.</summary>
    public static int WriteAdvertisement(
        Span<byte> message,
        InternetAddress source,
        InternetAddress destination,
        InternetAddress target,
        MacAddress hardwareAddress,
        NeighbourFlags flags = NeighbourFlags.Solicited | NeighbourFlags.Override) =>
        Write(
            message,
            source,
            destination,
            Icmpv6Type.NeighbourAdvertisement,
            (uint)flags << 24,
            target,
            NeighbourOptionType.TargetLinkLayerAddress,
            hardwareAddress);

    private static int Write(
        Span<byte> message,
        InternetAddress source,
        InternetAddress destination,
        Icmpv6Type type,
        uint rest,
        InternetAddress target,
        NeighbourOptionType option,
        MacAddress hardwareAddress)
    {
        Span<byte> body = stackalloc byte[BodyLength];
        target.WriteBytes(body);
        body[16] = (byte)option;
        body[17] = 1;
        hardwareAddress.WriteBytes(body[18..]);
        return Icmpv6Writer.Write(message, source, destination, type, 0, rest, body);
    }
}
