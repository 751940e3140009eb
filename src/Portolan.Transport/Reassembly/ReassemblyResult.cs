using Portolan.Transport.Ip;

namespace Portolan.Transport.Reassembly;

/// <summary>What became of a packet.</summary>
internal enum ReassemblyOutcome : byte
{
    /// <summary>It is not a fragment, or an atomic one (RFC 6946): go on with it as it is.</summary>
    Whole,

    /// <summary>It is kept until the others come.</summary>
    Waiting,

    /// <summary>It was the last that was missing: the whole was written.</summary>
    Complete,

    /// <summary>It was dropped.</summary>
    Refused,
}

/// <summary>Why a fragment was dropped.</summary>
internal enum ReassemblyFault : byte
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>It is not an IP packet, is empty, or is not the last and has no multiple of 8 bytes.</summary>
    Malformed,

    /// <summary>The whole would be longer than 65,535 bytes.</summary>
    TooLong,

    /// <summary>
    /// It overlaps another, or does not fit the end that was seen: the packet is given up, and what comes of it later too (RFC 5722, RFC
    /// 8200 section 4.5).
    /// </summary>
    Overlap,

    /// <summary>The packet has too many fragments; it is given up.</summary>
    TooMany,

    /// <summary>
    /// It is so small that a filter could not have seen the TCP flags (RFC 1858, RFC 3128), or the first without the whole header chain
    /// (RFC 7112).
    /// </summary>
    Tiny,

    /// <summary>Fragments with and without ECN were mixed with one that met congestion (RFC 3168 section 5.3).</summary>
    MixedEcn,

    NoMemory,

    /// <summary>The room for the whole is too short; the packet is given up.</summary>
    NoRoom,
}

/// <summary>What became of a packet.</summary>
/// <param name="Outcome">What.</param>
/// <param name="Length">Bytes of the whole, when it is complete.</param>
/// <param name="Fault">Why it was dropped.</param>
/// <param name="ParameterProblemCode">The code of the ICMPv6 parameter problem to send about it, 0 or 3; <c>null</c> for none.</param>
/// <param name="ParameterProblemPointer">The byte that it points at.</param>
internal readonly record struct ReassemblyResult(
    ReassemblyOutcome Outcome, int Length = 0, ReassemblyFault Fault = ReassemblyFault.None, byte? ParameterProblemCode = null,
    int ParameterProblemPointer = 0)
{
    /// <summary>When it is complete: bytes of its longest fragment, headers included.</summary>
    public int LongestFragment { get; init; }

    /// <summary>When it is complete and of IPv6: the headers that its fragments had in common.</summary>
    public UnfragmentableHeaders Headers { get; init; }
}
