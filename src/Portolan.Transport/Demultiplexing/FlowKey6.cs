using System.Runtime.InteropServices;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Demultiplexing;

/// <summary>Both ends of an IPv6 flow in 36 bytes, as this host sees them.</summary>
/// <remarks>
/// A link-local address means something only together with its interface (RFC 4007 section 6). The interface's number is kept in bits 32–63
/// of the address, which are zero in every link-local address (RFC 4291 section 2.5.6).
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct FlowKey6 : IFlowKey<FlowKey6>
{
    private const ulong LinkLocal = 0xfe80_0000_0000_0000;

    private readonly ulong _localUpper;
    private readonly ulong _localLower;
    private readonly ulong _remoteUpper;
    private readonly ulong _remoteLower;
    private readonly uint _ports;

    /// <summary>Makes the key.</summary>
    /// <param name="local">This host's address.</param>
    /// <param name="localPort">This host's port.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    /// <param name="zone">The interface's number; it counts only for link-local addresses.</param>
    public FlowKey6(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int zone = 0)
    {
        _localUpper = WithZone(local.UpperBits, zone);
        _localLower = local.LowerBits;
        _remoteUpper = WithZone(remote.UpperBits, zone);
        _remoteLower = remote.LowerBits;
        _ports = ((uint)localPort.Value << 16) | remotePort.Value;
    }

    /// <summary>This host's address.</summary>
    public InternetAddress Local => Address(_localUpper, _localLower);

    /// <summary>The peer's address.</summary>
    public InternetAddress Remote => Address(_remoteUpper, _remoteLower);

    /// <summary>This host's port.</summary>
    public PortNumber LocalPort => new((ushort)(_ports >> 16));

    /// <summary>The peer's port.</summary>
    public PortNumber RemotePort => new((ushort)_ports);

    /// <inheritdoc/>
    public ulong Hash(in SipHash hash) => hash.QuickOf([_localUpper, _localLower, _remoteUpper, _remoteLower, _ports]);

    /// <inheritdoc/>
    public bool Equals(FlowKey6 other) =>
        _ports == other._ports && _remoteLower == other._remoteLower && _remoteUpper == other._remoteUpper
        && _localLower == other._localLower && _localUpper == other._localUpper;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FlowKey6 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_localUpper, _localLower, _remoteUpper, _remoteLower, _ports);

    /// <summary>Equal in all parts.</summary>
    public static bool operator ==(FlowKey6 left, FlowKey6 right) => left.Equals(right);

    /// <summary>Different in a part.</summary>
    public static bool operator !=(FlowKey6 left, FlowKey6 right) => !left.Equals(right);

    /// <summary>Such as <c>[2001:db8::1]:80 &lt; [2001:db8::2]:40000</c>.</summary>
    public override string ToString() => $"[{Local}]:{LocalPort} < [{Remote}]:{RemotePort}";

    private static ulong WithZone(ulong upper, int zone) => upper == LinkLocal ? upper | (uint)zone : upper;

    private static InternetAddress Address(ulong upper, ulong lower)
    {
        upper = upper >> 32 == LinkLocal >> 32 ? LinkLocal : upper;
        return InternetAddress.FromNumber(new UInt128(upper, lower), isIPv4: false);
    }
}
