using Portolan.Scan.Engine;
using Portolan.Scan.Results;

namespace Portolan.Lab.Truth;

/// <summary>How a port is asked.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Technique">How TCP is asked; of UDP only whether it is asked through the system's sockets
/// (<see cref="TcpTechnique.Connect"/>).</param>
public readonly record struct ProbeType(TransportProtocol Protocol, TcpTechnique Technique)
{
    /// <summary><c>-sS</c>.</summary>
    public static ProbeType Syn => new(TransportProtocol.Tcp, TcpTechnique.Syn);

    /// <summary><c>-sT</c>.</summary>
    public static ProbeType Connect => new(TransportProtocol.Tcp, TcpTechnique.Connect);

    /// <summary><c>-sA</c>.</summary>
    public static ProbeType Ack => new(TransportProtocol.Tcp, TcpTechnique.Ack);

    /// <summary><c>-sF</c>; Null and Xmas scans are answered alike (RFC 9293 section 3.10.7).</summary>
    public static ProbeType Fin => new(TransportProtocol.Tcp, TcpTechnique.Fin);

    /// <summary><c>-sU</c>.</summary>
    public static ProbeType Udp => new(TransportProtocol.Udp, TcpTechnique.None);

    /// <summary>Whether the probe is a UDP datagram.</summary>
    public bool IsUdp => Protocol == TransportProtocol.Udp;

    /// <summary>Reads nmap's word for a kind of probing; false for those whose truth is not known (window, Maimon and the like).</summary>
    public static bool TryParse(string word, out ProbeType type)
    {
        (var isKnown, type) = word switch
        {
            "syn" => (true, Syn),
            "connect" => (true, Connect),
            "ack" => (true, Ack),
            "fin" or "null" or "xmas" => (true, Fin),
            ScanTypes.Udp => (true, Udp),
            _ => (false, default),
        };
        return isKnown;
    }
}
