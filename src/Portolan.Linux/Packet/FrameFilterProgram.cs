using System.Buffers.Binary;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>A <see cref="FrameFilter"/> as a program that the kernel runs on each frame before it is copied.</summary>
/// <remarks>
/// Taken: ARP; neighbour and router discovery; ICMP, ICMPv6, TCP and UDP to the wanted addresses and ports; to these addresses also IPv6
/// packets whose extension headers hide what they carry. Left out: later fragments, which have no ports, and frames of other VLANs.
/// </remarks>
internal static class FrameFilterProgram
{
    /// <summary>With more addresses than these the program takes packets to any: the receiver that receives checks again.</summary>
    internal const int MaxAddresses = 32;

    internal const uint TakeAll = 0x40000;
    private const uint Arp = 0x0806;
    private const uint IPv4 = 0x0800;
    private const uint IPv6 = 0x86dd;
    private const uint VlanIdentifier = 0x0fff;
    private const uint Icmp = 1;
    private const uint Tcp = 6;
    private const uint Udp = 17;
    private const uint Icmpv6 = 58;
    private const uint HopByHop = 0;
    private const uint Routing = 43;
    private const uint Fragment = 44;
    private const uint DestinationOptions = 60;

    // RFC 4861 section 4: router solicitation to redirect.
    private const uint FirstDiscoveryType = 133;
    private const uint LastDiscoveryType = 137;

    /// <summary>Makes the program.</summary>
    /// <param name="filter">What is wanted.</param>
    /// <param name="headerLength">Bytes before the IP packet: 14, or 0 on a link without header.</param>
    internal static FilterInstruction[] Compile(FrameFilter filter, uint headerLength)
    {
        if (filter.IsTcpAlone)
        {
            return TcpFilterProgram.Compile(filter, headerLength);
        }

        var assembler = new FilterAssembler();
        FilterLabel take = new(), drop = new(), ipv4 = new(), ipv6 = new();
        DropOtherVlans(assembler, drop);
        assembler.Load(FilterCode.LoadWord, FilterFact.Protocol);
        assembler.If(FilterCode.JumpIfEqual, IPv4, ipv4);
        assembler.If(FilterCode.JumpIfEqual, IPv6, ipv6);
        assembler.If(FilterCode.JumpIfEqual, Arp, take);
        assembler.Go(drop);

        assembler.Mark(ipv4);
        WriteIPv4(assembler, filter, headerLength, take, drop);
        assembler.Mark(ipv6);
        WriteIPv6(assembler, filter, headerLength, take, drop);

        assembler.Mark(take);
        assembler.Return(TakeAll);
        assembler.Mark(drop);
        assembler.Return(0);
        return assembler.ToProgram();
    }

    /// <summary>A program for a whole stack: all frames but those of other VLANs, whose tag is not in the bytes.</summary>
    internal static FilterInstruction[] CompileAll()
    {
        var assembler = new FilterAssembler();
        var drop = new FilterLabel();
        DropOtherVlans(assembler, drop);
        assembler.Return(TakeAll);
        assembler.Mark(drop);
        assembler.Return(0);
        return assembler.ToProgram();
    }

    // A tag with identifier 0 carries only a priority.
    internal static void DropOtherVlans(FilterAssembler assembler, FilterLabel drop)
    {
        var untagged = new FilterLabel();
        assembler.Load(FilterCode.LoadWord, FilterFact.VlanTagPresent);
        assembler.If(FilterCode.JumpIfEqual, 0, untagged);
        assembler.Load(FilterCode.LoadWord, FilterFact.VlanTag);
        assembler.If(FilterCode.JumpIfAnyBit, VlanIdentifier, drop);
        assembler.Mark(untagged);
    }

    private static void WriteIPv4(FilterAssembler assembler, FrameFilter filter, uint start, FilterLabel take, FilterLabel drop)
    {
        if (NamesAddresses(filter))
        {
            var wanted = new FilterLabel();
            assembler.Load(FilterCode.LoadWord, start + 16);
            foreach (var address in filter.Addresses)
            {
                if (address.IsIPv4)
                {
                    assembler.If(FilterCode.JumpIfEqual, address.IPv4Bits, wanted);
                }
            }

            assembler.Go(drop);
            assembler.Mark(wanted);
        }

        // RFC 791: the lower 13 bits are the fragment's offset.
        assembler.Load(FilterCode.LoadHalf, start + 6);
        assembler.If(FilterCode.JumpIfAnyBit, 0x1fff, drop);
        var ports = new FilterLabel();
        assembler.Load(FilterCode.LoadByte, start + 9);
        assembler.If(FilterCode.JumpIfEqual, Tcp, ports);
        assembler.If(FilterCode.JumpIfEqual, Udp, ports);
        assembler.If(FilterCode.JumpIfEqual, Icmp, take);
        assembler.Go(drop);
        assembler.Mark(ports);
        assembler.Load(FilterCode.LoadHeaderLength, start);
        assembler.Load(FilterCode.LoadHalfIndexed, start + 2);
        ComparePorts(assembler, filter, drop);
        assembler.Go(take);
    }

    private static void WriteIPv6(FilterAssembler assembler, FrameFilter filter, uint start, FilterLabel take, FilterLabel drop)
    {
        FilterLabel notIcmp = new(), wanted = new(), ports = new(), fragment = new();
        assembler.Load(FilterCode.LoadByte, start + 6);
        assembler.Unless(FilterCode.JumpIfEqual, Icmpv6, notIcmp);
        assembler.Load(FilterCode.LoadByte, start + 40);
        assembler.Unless(FilterCode.JumpIfGreaterOrEqual, FirstDiscoveryType, notIcmp);
        assembler.Unless(FilterCode.JumpIfGreater, LastDiscoveryType, take);
        assembler.Mark(notIcmp);
        if (NamesAddresses(filter))
        {
            CompareIPv6Addresses(assembler, filter, start + 24, wanted);
            assembler.Go(drop);
            assembler.Mark(wanted);
        }

        assembler.Load(FilterCode.LoadByte, start + 6);
        assembler.If(FilterCode.JumpIfEqual, Tcp, ports);
        assembler.If(FilterCode.JumpIfEqual, Udp, ports);
        assembler.If(FilterCode.JumpIfEqual, Icmpv6, take);
        assembler.If(FilterCode.JumpIfEqual, Fragment, fragment);
        assembler.If(FilterCode.JumpIfEqual, HopByHop, take);
        assembler.If(FilterCode.JumpIfEqual, Routing, take);
        assembler.If(FilterCode.JumpIfEqual, DestinationOptions, take);
        assembler.Go(drop);

        // RFC 8200 section 4.5: the upper 13 bits are the offset.
        assembler.Mark(fragment);
        assembler.Load(FilterCode.LoadHalf, start + 42);
        assembler.If(FilterCode.JumpIfAnyBit, 0xfff8, drop);
        assembler.Go(take);

        assembler.Mark(ports);
        assembler.Load(FilterCode.LoadHalf, start + 42);
        ComparePorts(assembler, filter, drop);
    }

    private static void CompareIPv6Addresses(FilterAssembler assembler, FrameFilter filter, uint offset, FilterLabel wanted)
    {
        Span<byte> bytes = stackalloc byte[16];
        foreach (var address in filter.Addresses)
        {
            if (address.IsIPv4)
            {
                continue;
            }

            address.WriteBytes(bytes);
            var next = new FilterLabel();
            for (var word = 0; word < 16; word += 4)
            {
                // The last word differs most often between hosts of a network, but the rest must hold too.
                var at = 12 - word;
                assembler.Load(FilterCode.LoadWord, offset + (uint)at);
                assembler.Unless(FilterCode.JumpIfEqual, BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]), next);
            }

            assembler.Go(wanted);
            assembler.Mark(next);
        }
    }

    // A is the destination port; falls through when it is wanted.
    internal static void ComparePorts(FilterAssembler assembler, FrameFilter filter, FilterLabel drop)
    {
        if (filter.FirstPort.Value > 0)
        {
            assembler.Unless(FilterCode.JumpIfGreaterOrEqual, filter.FirstPort.Value, drop);
        }

        if (filter.LastPort.Value < ushort.MaxValue)
        {
            assembler.If(FilterCode.JumpIfGreater, filter.LastPort.Value, drop);
        }
    }

    private static bool NamesAddresses(FrameFilter filter) => filter.Addresses.Count is > 0 and <= MaxAddresses;
}
