using Portolan.Packets;

namespace Portolan.Transport.Ip;

/// <summary>What types and codes of errors mean.</summary>
internal static class IcmpProblems
{
    internal static IcmpProblem Of(IcmpType type, byte code) => (type, code) switch
    {
        (IcmpType.DestinationUnreachable, (byte)IcmpUnreachableCode.FragmentationNeeded) => IcmpProblem.PacketTooBig,
        (IcmpType.DestinationUnreachable, _) => Of((IcmpUnreachableCode)code),
        (IcmpType.TimeExceeded, 0) => IcmpProblem.TimeExceeded,
        (IcmpType.TimeExceeded, 1) => IcmpProblem.ReassemblyTimeExceeded,
        (IcmpType.ParameterProblem, _) => IcmpProblem.ParameterProblem,
        _ => IcmpProblem.Other,
    };

    internal static IcmpProblem Of(Icmpv6Type type, byte code) => (type, code) switch
    {
        (Icmpv6Type.DestinationUnreachable, _) => Of((Icmpv6UnreachableCode)code),
        (Icmpv6Type.PacketTooBig, _) => IcmpProblem.PacketTooBig,
        (Icmpv6Type.TimeExceeded, 0) => IcmpProblem.TimeExceeded,
        (Icmpv6Type.TimeExceeded, 1) => IcmpProblem.ReassemblyTimeExceeded,

        // RFC 4443 section 3.4: an unrecognized next header.
        (Icmpv6Type.ParameterProblem, 1) => IcmpProblem.ProtocolUnreachable,
        (Icmpv6Type.ParameterProblem, _) => IcmpProblem.ParameterProblem,
        _ => IcmpProblem.Other,
    };

    /// <summary>RFC 1122 section 3.2.2.1 and RFC 1812 section 5.2.7.1.</summary>
    private static IcmpProblem Of(IcmpUnreachableCode code) => (byte)code switch
    {
        0 or 6 or 11 => IcmpProblem.NetworkUnreachable,
        // 5 is a source route that failed: a soft error too (RFC 1122 section 4.2.3.9).
        1 or 5 or 7 or 8 or 12 => IcmpProblem.HostUnreachable,
        2 => IcmpProblem.ProtocolUnreachable,
        3 => IcmpProblem.PortUnreachable,
        9 or 10 or 13 or 14 or 15 => IcmpProblem.Prohibited,
        _ => IcmpProblem.Other,
    };

    private static IcmpProblem Of(Icmpv6UnreachableCode code) => code switch
    {
        Icmpv6UnreachableCode.NoRoute => IcmpProblem.NetworkUnreachable,
        Icmpv6UnreachableCode.Address or Icmpv6UnreachableCode.BeyondScope => IcmpProblem.HostUnreachable,
        Icmpv6UnreachableCode.Port => IcmpProblem.PortUnreachable,
        Icmpv6UnreachableCode.AdministrativelyProhibited or Icmpv6UnreachableCode.SourcePolicy or Icmpv6UnreachableCode.RejectRoute =>
            IcmpProblem.Prohibited,
        _ => IcmpProblem.Other,
    };
}
