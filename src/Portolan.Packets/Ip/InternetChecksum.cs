using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Portolan.Model;

namespace Portolan.Packets;

/// <summary>The checksum of IPv4, ICMP, TCP and UDP: the complement of the ones' complement sum of 16-bit words (RFC 1071).</summary>
/// <remarks>
/// Sums are numbers as if every word had been read in network order, folded to 16 bits. They can be added to each other; only the last
/// part may have an odd length.
/// </remarks>
public static class InternetChecksum
{
    /// <summary>The checksum of bytes. Over bytes that hold their own valid checksum it is 0.</summary>
    public static ushort Of(ReadOnlySpan<byte> bytes) => Finish(Sum(bytes));

    /// <summary>
    /// The checksum of a TCP segment, UDP datagram or ICMPv6 message with its pseudo header. Over one that holds its own valid checksum it
    /// is 0.
    /// </summary>
    public static ushort OfTransport(InternetAddress source, InternetAddress destination, IpProtocol protocol, ReadOnlySpan<byte> bytes) =>
        Finish(PseudoHeader(source, destination, protocol, bytes.Length) + Sum(bytes));

    /// <summary>The sum of the pseudo header of IPv4 (RFC 9293 section 3.1) or IPv6 (RFC 8200 section 8.1).</summary>
    /// <param name="source">The sender.</param>
    /// <param name="destination">The receiver, of the same family.</param>
    /// <param name="protocol">The upper protocol.</param>
    /// <param name="length">Bytes of the upper protocol, header included.</param>
    public static uint PseudoHeader(InternetAddress source, InternetAddress destination, IpProtocol protocol, int length) =>
        Fold(SumOf(source) + SumOf(destination) + (byte)protocol + ((uint)length >> 16) + ((uint)length & 0xffff));

    /// <summary>The sum of the words of an address.</summary>
    public static uint SumOf(InternetAddress address)
    {
        if (address.IsIPv4)
        {
            return Fold(address.IPv4Bits);
        }

        Span<byte> bytes = stackalloc byte[16];
        address.WriteBytes(bytes);
        return Sum(bytes);
    }

    /// <summary>The checksum a sum stands for: folded and complemented.</summary>
    public static ushort Finish(uint sum) => (ushort)~Fold(sum);

    /// <summary>The checksum after one word changed (RFC 1624, equation 3).</summary>
    public static ushort Update(ushort checksum, ushort before, ushort after) =>
        Finish((uint)(ushort)~checksum + (ushort)~before + after);

    /// <summary>The checksum after two neighbouring words changed, such as an IPv4 address or a sequence number.</summary>
    public static ushort Update(ushort checksum, uint before, uint after) =>
        Finish((uint)(ushort)~checksum + (~before >> 16) + (ushort)~before + (after >> 16) + (ushort)after);

    /// <summary>The checksum after an address changed: of an IPv4 header, or of a pseudo header of either family.</summary>
    public static ushort Update(ushort checksum, InternetAddress before, InternetAddress after) =>
        Finish((uint)(ushort)~checksum + (ushort)~SumOf(before) + SumOf(after));

    /// <summary>The checksum after bytes changed that start at an even place of what is summed.</summary>
    /// <param name="checksum">As it was.</param>
    /// <param name="before">The bytes as they were. An odd number of them only at the end of what is summed.</param>
    /// <param name="after">As they are; as many, or fewer or more at the end of what is summed.</param>
    public static ushort Update(ushort checksum, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after) =>
        Finish((uint)(ushort)~checksum + (ushort)~Sum(before) + Sum(after));

    /// <summary>The sum of bytes, at most 0xffff. A last odd byte counts as the high half of a word.</summary>
    public static uint Sum(ReadOnlySpan<byte> bytes)
    {
        // RFC 1071 section 2(B): the sum may be taken in any byte order and swapped at the end, and (2(C)) in wider words folded later.
        ulong sum = 0;
        if (Vector256.IsHardwareAccelerated && bytes.Length >= 2 * Vector256<byte>.Count)
        {
            sum = SumVectors(bytes);
            bytes = bytes[(bytes.Length / Vector256<byte>.Count * Vector256<byte>.Count)..];
        }

        while (bytes.Length >= sizeof(ulong))
        {
            sum = AddWithCarry(sum, MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        if (bytes.Length >= sizeof(uint))
        {
            sum = AddWithCarry(sum, MemoryMarshal.Read<uint>(bytes));
            bytes = bytes[sizeof(uint)..];
        }

        if (bytes.Length >= sizeof(ushort))
        {
            sum = AddWithCarry(sum, MemoryMarshal.Read<ushort>(bytes));
            bytes = bytes[sizeof(ushort)..];
        }

        if (bytes.Length > 0)
        {
            sum = AddWithCarry(sum, BitConverter.IsLittleEndian ? bytes[0] : (uint)bytes[0] << 8);
        }

        var folded = (ushort)Fold(Fold((uint)sum) + Fold((uint)(sum >> 32)));
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(folded) : folded;
    }

    private static ulong SumVectors(ReadOnlySpan<byte> bytes)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector256<ulong>>(bytes);
        var low = Vector256<ulong>.Zero;
        var high = Vector256<ulong>.Zero;
        var mask = Vector256.Create((ulong)uint.MaxValue);

        // Each lane adds 32-bit words into 64 bits: no carry is lost before 2^32 vectors.
        foreach (var vector in vectors)
        {
            low += vector & mask;
            high += vector >>> 32;
        }

        return Vector256.Sum(low + high);
    }

    private static ulong AddWithCarry(ulong sum, ulong value)
    {
        sum += value;
        return sum < value ? sum + 1 : sum;
    }

    private static uint Fold(uint sum)
    {
        sum = (sum & 0xffff) + (sum >> 16);
        return (sum & 0xffff) + (sum >> 16);
    }
}
