using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Transport.Reassembly;

/// <summary>
/// What the fragments of a packet have in common: of IPv4 source, destination, protocol and identification (RFC 791), of IPv6 the protocol
/// not (RFC 8200 section 4.5).
/// </summary>
internal readonly struct FragmentKey(
    InternetAddress source, InternetAddress destination, uint identification, byte protocol, int interfaceNumber) : IFlowKey<FragmentKey>
{
    private readonly FlowKey6 _ends = new(destination, PortNumber.Zero, source, PortNumber.Zero, interfaceNumber);
    private readonly ulong _rest = identification | ((ulong)protocol << 32) | (source.IsIPv4 ? 1UL << 40 : 0);

    public ulong Hash(in SipHash hash) => hash.QuickOf(_ends.Hash(hash), _rest);

    public bool Equals(FragmentKey other) => _rest == other._rest && _ends == other._ends;

    public override bool Equals(object? obj) => obj is FragmentKey other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_ends, _rest);
}

/// <summary>Who is charged for fragments: an IPv4 address, or an IPv6 network of 64 bits, which one host may have to itself.</summary>
internal readonly record struct SourceKey(ulong Upper, ulong Lower) : IFlowKey<SourceKey>
{
    internal static SourceKey Of(InternetAddress source) => new(source.UpperBits, source.IsIPv4 ? source.LowerBits : 0);

    public ulong Hash(in SipHash hash) => hash.QuickOf(Upper, Lower);
}
