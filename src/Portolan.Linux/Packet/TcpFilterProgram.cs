using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>
/// A <see cref="FrameFilter"/> of TCP alone as a program that the kernel runs on each frame: segments to the ports, and ICMP errors that
/// quote segments from them.
/// </summary>
/// <remarks>
/// Left out besides: later fragments, which have no ports, IPv6 packets with extension headers, and frames of other VLANs. Addresses do not
/// count.
/// </remarks>
internal static class TcpFilterProgram
{
    private const uint IPv4 = 0x0800;
    private const uint IPv6 = 0x86dd;
    private const uint Icmp = 1;
    private const uint Tcp = 6;
    private const uint Icmpv6 = 58;
    private const uint IPv4Header = 20;
    private const uint IPv6Header = 40;
    private const uint IcmpHeader = 8;

    // RFC 792: destination unreachable, time exceeded, parameter problem. RFC 4443 section 2.1: errors are below 128, those in use are 1 to
    // 4.
    private const uint Unreachable = 3;
    private const uint TimeExceeded = 11;
    private const uint ParameterProblem = 12;
    private const uint LastIcmpv6Error = 4;

    /// <summary>Makes the program.</summary>
    /// <param name="filter">The ports.</param>
    /// <param name="start">Bytes before the IP packet: 14, or 0 on a link without header.</param>
    internal static FilterInstruction[] Compile(FrameFilter filter, uint start)
    {
        var assembler = new FilterAssembler();
        FilterLabel take = new(), drop = new(), ipv4 = new(), ipv6 = new();
        FrameFilterProgram.DropOtherVlans(assembler, drop);
        assembler.Load(FilterCode.LoadWord, FilterFact.Protocol);
        assembler.If(FilterCode.JumpIfEqual, IPv4, ipv4);
        assembler.If(FilterCode.JumpIfEqual, IPv6, ipv6);
        assembler.Go(drop);

        assembler.Mark(ipv4);
        WriteIPv4(assembler, filter, start, take, drop);
        assembler.Mark(ipv6);
        WriteIPv6(assembler, filter, start, take, drop);

        assembler.Mark(take);
        assembler.Return(FrameFilterProgram.TakeAll);
        assembler.Mark(drop);
        assembler.Return(0);
        return assembler.ToProgram();
    }

    private static void WriteIPv4(FilterAssembler assembler, FrameFilter filter, uint start, FilterLabel take, FilterLabel drop)
    {
        FilterLabel error = new(), quoted = new();

        // RFC 791: the lower 13 bits are the fragment's offset.
        assembler.Load(FilterCode.LoadHalf, start + 6);
        assembler.If(FilterCode.JumpIfAnyBit, 0x1fff, drop);
        assembler.Load(FilterCode.LoadByte, start + 9);
        assembler.If(FilterCode.JumpIfEqual, Icmp, error);
        assembler.Unless(FilterCode.JumpIfEqual, Tcp, drop);
        assembler.Load(FilterCode.LoadHeaderLength, start);
        assembler.Load(FilterCode.LoadHalfIndexed, start + 2);
        FrameFilterProgram.ComparePorts(assembler, filter, drop);
        assembler.Go(take);

        assembler.Mark(error);
        assembler.Load(FilterCode.LoadHeaderLength, start);
        assembler.Load(FilterCode.LoadByteIndexed, start);
        assembler.If(FilterCode.JumpIfEqual, Unreachable, quoted);
        assembler.If(FilterCode.JumpIfEqual, TimeExceeded, quoted);
        assembler.Unless(FilterCode.JumpIfEqual, ParameterProblem, drop);

        // What is quoted is a packet of the stack's, whose header has no options.
        assembler.Mark(quoted);
        assembler.Load(FilterCode.LoadByteIndexed, start + IcmpHeader + 9);
        assembler.Unless(FilterCode.JumpIfEqual, Tcp, drop);
        assembler.Load(FilterCode.LoadHalfIndexed, start + IcmpHeader + IPv4Header);
        FrameFilterProgram.ComparePorts(assembler, filter, drop);
        assembler.Go(take);
    }

    private static void WriteIPv6(FilterAssembler assembler, FrameFilter filter, uint start, FilterLabel take, FilterLabel drop)
    {
        var error = new FilterLabel();
        assembler.Load(FilterCode.LoadByte, start + 6);
        assembler.If(FilterCode.JumpIfEqual, Icmpv6, error);
        assembler.Unless(FilterCode.JumpIfEqual, Tcp, drop);
        assembler.Load(FilterCode.LoadHalf, start + IPv6Header + 2);
        FrameFilterProgram.ComparePorts(assembler, filter, drop);
        assembler.Go(take);

        const uint Quoted = IPv6Header + IcmpHeader;
        assembler.Mark(error);
        assembler.Load(FilterCode.LoadByte, start + IPv6Header);
        assembler.If(FilterCode.JumpIfGreater, LastIcmpv6Error, drop);
        assembler.Load(FilterCode.LoadByte, start + Quoted + 6);
        assembler.Unless(FilterCode.JumpIfEqual, Tcp, drop);
        assembler.Load(FilterCode.LoadHalf, start + Quoted + IPv6Header);
        FrameFilterProgram.ComparePorts(assembler, filter, drop);
    }
}
