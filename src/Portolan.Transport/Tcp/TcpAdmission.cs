using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Tcp;

/// <summary>What becomes of a SYN, decided before anything is answered.</summary>
public enum TcpDecision : byte
{
    /// <summary>SYN-ACK: open.</summary>
    Accept,

    /// <summary>RST: closed.</summary>
    Reset,

    /// <summary>Nothing: filtered, or no host.</summary>
    Silence,

    /// <summary>ICMP port unreachable.</summary>
    PortUnreachable,

    /// <summary>ICMP host unreachable.</summary>
    HostUnreachable,

    /// <summary>ICMP network unreachable.</summary>
    NetworkUnreachable,

    /// <summary>ICMP protocol unreachable.</summary>
    ProtocolUnreachable,

    /// <summary>ICMP administratively prohibited.</summary>
    Prohibited,
}

/// <summary>A SYN that a listener hears. It is valid during the call only.</summary>
public readonly ref struct TcpRequest
{
    internal TcpRequest(InternetAddress local, InternetAddress remote, int interfaceNumber, byte hopLimit, TcpSegment segment)
    {
        Local = local;
        Remote = remote;
        Interface = interfaceNumber;
        HopLimit = hopLimit;
        Segment = segment;
    }

    /// <summary>The address that the peer asks for.</summary>
    public InternetAddress Local { get; }

    /// <summary>The port that the peer asks for.</summary>
    public PortNumber LocalPort => Segment.DestinationPort;

    /// <summary>The peer's address.</summary>
    public InternetAddress Remote { get; }

    /// <summary>The peer's port.</summary>
    public PortNumber RemotePort => Segment.SourcePort;

    /// <summary>Where it came in.</summary>
    public int Interface { get; }

    /// <summary>TTL or hop limit as it came.</summary>
    public byte HopLimit { get; }

    /// <summary>The SYN itself.</summary>
    public TcpSegment Segment { get; }
}

/// <summary>Decides about a SYN.</summary>
public delegate TcpDecision TcpAdmission(in TcpRequest request);
