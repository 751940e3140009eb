using Portolan.Packets;

namespace Portolan.Lab.Scenarios.Cables;

/// <summary>What lies in what in a frame with IPv4 in it, in bytes, read from the frame itself.</summary>
internal readonly struct FrameLayout
{
    /// <summary>The least length of a frame without its checksum (IEEE 802.3): network cards fill shorter ones with zeros.</summary>
    private const int LeastFrame = 60;

    private readonly byte[] _bytes;

    internal FrameLayout(byte[] bytes) => _bytes = bytes;

    /// <summary>The checksum that a network card puts behind a frame (FCS).</summary>
    internal static int ChecksumLength => 4;

    internal static int EthernetLength => EthernetFrame.MinHeaderLength;

    internal int IpLength => (_bytes[EthernetLength] & 15) * 4;

    internal IpProtocol Protocol => (IpProtocol)_bytes[EthernetLength + 9];

    /// <summary>Where the segment or datagram begins, with its ports.</summary>
    internal int PortsAt => EthernetLength + IpLength;

    /// <summary>The header of TCP or UDP.</summary>
    internal int TransportLength => Protocol == IpProtocol.Tcp ? (_bytes[PortsAt + 12] >> 4) * 4 : UdpDatagram.HeaderLength;

    /// <summary>The options of TCP.</summary>
    internal int OptionsLength => Protocol == IpProtocol.Tcp ? TransportLength - TcpSegment.MinHeaderLength : 0;

    internal int DataLength => _bytes.Length - PortsAt - TransportLength;

    /// <summary>What a network card adds to a frame of some length before the checksum.</summary>
    internal static int PaddingOf(int length) => Math.Max(0, LeastFrame - length);

    /// <summary>A frame of some length as it is on a cable.</summary>
    internal static int OnWire(int length) => length + PaddingOf(length) + ChecksumLength;
}
