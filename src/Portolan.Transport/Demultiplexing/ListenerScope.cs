using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Demultiplexing;

/// <summary>What a listener, or an unconnected datagram endpoint, wants to hear.</summary>
/// <param name="Address">Its address; <c>0.0.0.0</c> or <c>::</c> for every address of the family.</param>
/// <param name="Port">Its port; 0 for every port.</param>
/// <param name="Interface">The number of the interface it is bound to; 0 for every interface.</param>
/// <param name="IsDualStack">Of <c>::</c>: IPv4 too.</param>
internal readonly record struct ListenerScope(InternetAddress Address, PortNumber Port, int Interface = 0, bool IsDualStack = false)
{
    /// <summary>Where in the order of lookups it stands within its port: 0 for an address, 1 for a family, 2 for both families.</summary>
    internal int Width => !Address.IsUnspecified ? 0 : IsDualStack ? 2 : 1;
}

/// <summary>A listener's scope as a key.</summary>
internal readonly struct ListenerKey(InternetAddress address, int width, ushort port, int interfaceNumber) : IFlowKey<ListenerKey>
{
    private readonly ulong _upper = width == 2 ? 0 : address.UpperBits;
    private readonly ulong _lower = width == 2 ? 0 : address.LowerBits;
    private readonly ulong _rest = ((ulong)(uint)interfaceNumber << 32) | ((uint)width << 18) | (address.IsIPv4 ? 1u << 16 : 0) | port;

    public ulong Hash(in SipHash hash) => hash.QuickOf([_upper, _lower, _rest]);

    public bool Equals(ListenerKey other) => _rest == other._rest && _lower == other._lower && _upper == other._upper;

    public override bool Equals(object? obj) => obj is ListenerKey other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_upper, _lower, _rest);
}
