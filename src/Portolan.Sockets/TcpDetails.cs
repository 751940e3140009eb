namespace Portolan.Sockets;

/// <summary>What most readers of <c>struct tcp_info</c> (linux/tcp.h) want of it, and all of it where it was asked for.</summary>
public readonly record struct TcpDetails
{
    /// <summary>Payload bytes sent, retransmissions excluded (tcpi_bytes_sent - tcpi_bytes_retrans).</summary>
    public ulong BytesSent { get; init; }

    /// <summary>Payload bytes received in order (tcpi_bytes_received).</summary>
    public ulong BytesReceived { get; init; }

    /// <summary>Bytes acknowledged by the remote (tcpi_bytes_acked); counts SYN and FIN.</summary>
    public ulong BytesAcknowledged { get; init; }

    /// <summary>Bytes sent again (tcpi_bytes_retrans).</summary>
    public ulong BytesRetransmitted { get; init; }

    /// <summary>Segments sent again over the connection's life (tcpi_total_retrans).</summary>
    public uint TotalRetransmits { get; init; }

    /// <summary>Smoothed round-trip time, microseconds.</summary>
    public uint RttMicroseconds { get; init; }

    /// <summary>Congestion control algorithm, or <c>null</c>. One interned string per name.</summary>
    public string? CongestionControl { get; init; }

    /// <summary>
    /// The whole structure for <see cref="KernelTcpInfo"/>; empty unless <see cref="SocketQuery.WholeTcpInfo"/> asked for it.
    /// </summary>
    public ReadOnlyMemory<byte> Info { get; init; }

    /// <summary>
    /// The algorithm's own figures (<c>union tcp_cc_info</c>, linux/inet_diag.h), for <see cref="AlgorithmFigures"/>; empty where it has
    /// none.
    /// </summary>
    public ReadOnlyMemory<byte> Figures { get; init; }

    /// <summary>Whose figures they are.</summary>
    public AlgorithmFigures FiguresOf { get; init; }
}

/// <summary>Algorithms of congestion control that tell figures of their own; values are the attributes of linux/inet_diag.h.</summary>
public enum AlgorithmFigures : byte
{
    /// <summary>The algorithm reports no figures.</summary>
    None = 0,

    /// <summary><c>struct tcpvegas_info</c>: vegas, illinois, westwood.</summary>
    Vegas = 3,

    /// <summary><c>struct tcp_dctcp_info</c>.</summary>
    Dctcp = 9,

    /// <summary><c>struct tcp_bbr_info</c>.</summary>
    Bbr = 16,
}
