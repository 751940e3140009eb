using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Transport.Ports;

/// <summary>A socket pair of any protocol and family; of link-local addresses with the interface.</summary>
internal readonly struct PairKey(
    TransportProtocol protocol, InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort,
    int interfaceNumber) : IFlowKey<PairKey>
{
    private readonly FlowKey6 _ends = new(local, localPort, remote, remotePort, interfaceNumber);
    private readonly ulong _rest = (byte)protocol | (local.IsIPv4 ? 0x100u : 0);

    public ulong Hash(in SipHash hash) => hash.QuickOf(_ends.Hash(hash), _rest);

    public bool Equals(PairKey other) => _rest == other._rest && _ends == other._ends;

    public override bool Equals(object? obj) => obj is PairKey other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_ends, _rest);
}
