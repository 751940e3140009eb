using System.Buffers.Binary;
using Portolan.Model;

namespace Portolan.Linux.Bpf.Probes;

/// <summary>A packet that tried a port of this machine which no socket serves.</summary>
/// <param name="Source">Where it says it came from: of IPv6 the first 64 bits, of IPv4 the whole address. Anyone can write that.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Port">The port that it tried.</param>
/// <param name="Nanoseconds">When the last of them came, by CLOCK_MONOTONIC.</param>
public readonly record struct PortProbe(AddressPrefix Source, TransportProtocol Protocol, PortNumber Port, ulong Nanoseconds)
{
    // The key of the map of probes, in the order in which the program writes it.
    internal const int KeySize = 24;
    internal const int PortOffset = 16;
    internal const int ProtocolOffset = 18;
    internal const int IsIPv6Offset = 19;
    internal const byte Tcp = 6;
    internal const byte Udp = 17;

    private const int NetworkBits = 64;

    internal static PortProbe Read(ReadOnlySpan<byte> key, ulong nanoseconds)
    {
        var source = key[IsIPv6Offset] != 0
            ? new AddressPrefix(InternetAddress.FromBytes(key[..16]), NetworkBits)
            : new AddressPrefix(InternetAddress.FromBytes(key[..4]), 32);
        return new PortProbe(
            source, key[ProtocolOffset] == Tcp ? TransportProtocol.Tcp : TransportProtocol.Udp,
            new PortNumber(BinaryPrimitives.ReadUInt16LittleEndian(key[PortOffset..])), nanoseconds);
    }
}
