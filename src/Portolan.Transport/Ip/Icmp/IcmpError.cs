using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>An error message in the words of both families.</summary>
/// <param name="Type4">Its ICMP type.</param>
/// <param name="Code4">Its ICMP code.</param>
/// <param name="Rest4">The second word of the ICMP header.</param>
/// <param name="Type6">Its ICMPv6 type.</param>
/// <param name="Code6">Its ICMPv6 code.</param>
/// <param name="Rest6">The second word of the ICMPv6 header.</param>
internal readonly record struct IcmpError(IcmpType Type4, byte Code4, uint Rest4, Icmpv6Type Type6, byte Code6, uint Rest6)
{
    internal static IcmpError NetworkUnreachable => Unreachable(IcmpUnreachableCode.Network, Icmpv6UnreachableCode.NoRoute);

    internal static IcmpError HostUnreachable => Unreachable(IcmpUnreachableCode.Host, Icmpv6UnreachableCode.Address);

    internal static IcmpError PortUnreachable => Unreachable(IcmpUnreachableCode.Port, Icmpv6UnreachableCode.Port);

    internal static IcmpError Prohibited =>
        Unreachable(IcmpUnreachableCode.AdministrativelyProhibited, Icmpv6UnreachableCode.AdministrativelyProhibited);

    internal static IcmpError Rejected => Unreachable(IcmpUnreachableCode.Host, Icmpv6UnreachableCode.RejectRoute);

    internal static IcmpError BeyondScope => Unreachable(IcmpUnreachableCode.Host, Icmpv6UnreachableCode.BeyondScope);

    internal static IcmpError HopLimitExceeded => new(IcmpType.TimeExceeded, 0, 0, Icmpv6Type.TimeExceeded, 0, 0);

    internal static IcmpError ReassemblyTimeExceeded => new(IcmpType.TimeExceeded, 1, 0, Icmpv6Type.TimeExceeded, 1, 0);

    /// <summary>RFC 4443 section 2.4 (e.3): whether it is sent even about packets to groups.</summary>
    internal bool IsSentForGroups => Type6 == Icmpv6Type.PacketTooBig || (Type6 == Icmpv6Type.ParameterProblem && Code6 == 2);

    /// <summary>No program speaks the protocol: RFC 4443 section 3.4 has a parameter problem, code 1, for it.</summary>
    /// <param name="pointer">Of IPv6: where the next header field lies.</param>
    internal static IcmpError ProtocolUnreachable(int pointer) =>
        new(IcmpType.DestinationUnreachable, (byte)IcmpUnreachableCode.Protocol, 0, Icmpv6Type.ParameterProblem, 1, (uint)pointer);

    internal static IcmpError PacketTooBig(int mtu) =>
        new(
            IcmpType.DestinationUnreachable, (byte)IcmpUnreachableCode.FragmentationNeeded, (uint)mtu, Icmpv6Type.PacketTooBig, 0,
            (uint)mtu);

    internal static IcmpError ParameterProblem(int pointer, byte code6 = 0) =>
        new(IcmpType.ParameterProblem, 0, (uint)pointer << 24, Icmpv6Type.ParameterProblem, code6, (uint)pointer);

    private static IcmpError Unreachable(IcmpUnreachableCode code4, Icmpv6UnreachableCode code6) =>
        new(IcmpType.DestinationUnreachable, (byte)code4, 0, Icmpv6Type.DestinationUnreachable, (byte)code6, 0);
}
