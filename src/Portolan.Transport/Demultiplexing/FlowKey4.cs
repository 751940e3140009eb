using System.Runtime.InteropServices;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Demultiplexing;

/// <summary>Both ends of an IPv4 flow in 12 bytes, as this host sees them.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct FlowKey4 : IFlowKey<FlowKey4>
{
    private readonly uint _local;
    private readonly uint _remote;
    private readonly uint _ports;

    /// <summary>Makes the key.</summary>
    public FlowKey4(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort)
    {
        _local = local.IPv4Bits;
        _remote = remote.IPv4Bits;
        _ports = ((uint)localPort.Value << 16) | remotePort.Value;
    }

    /// <summary>This host's address.</summary>
    public InternetAddress Local => InternetAddress.FromIPv4(_local);

    /// <summary>The peer's address.</summary>
    public InternetAddress Remote => InternetAddress.FromIPv4(_remote);

    /// <summary>This host's port.</summary>
    public PortNumber LocalPort => new((ushort)(_ports >> 16));

    /// <summary>The peer's port.</summary>
    public PortNumber RemotePort => new((ushort)_ports);

    /// <summary>A number in the place of a key, for tables that keep longer keys elsewhere.</summary>
    internal int Index => (int)_local;

    internal static FlowKey4 FromIndex(int index) =>
        new(InternetAddress.FromIPv4((uint)index), PortNumber.Zero, InternetAddress.AnyIPv4, PortNumber.Zero);

    /// <inheritdoc/>
    public ulong Hash(in SipHash hash) => hash.QuickOf(((ulong)_local << 32) | _remote, _ports);

    /// <inheritdoc/>
    public bool Equals(FlowKey4 other) => _local == other._local && _remote == other._remote && _ports == other._ports;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FlowKey4 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_local, _remote, _ports);

    /// <summary>Equal in all parts.</summary>
    public static bool operator ==(FlowKey4 left, FlowKey4 right) => left.Equals(right);

    /// <summary>Different in a part.</summary>
    public static bool operator !=(FlowKey4 left, FlowKey4 right) => !left.Equals(right);

    /// <summary>Such as <c>198.18.0.1:80 &lt; 198.18.0.2:40000</c>.</summary>
    public override string ToString() => $"{Local}:{LocalPort} < {Remote}:{RemotePort}";
}
