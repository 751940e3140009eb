namespace Portolan.Sockets;

/// <summary>The part of <c>struct tcp_info</c> (linux/tcp.h) that Portolan shows. Times in microseconds, sizes in bytes.</summary>
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

    /// <summary>Smoothed round-trip time, microseconds.</summary>
    public uint RttMicroseconds { get; init; }

    /// <summary>Round-trip time variance, microseconds.</summary>
    public uint RttVarianceMicroseconds { get; init; }

    /// <summary>Retransmission timeout, microseconds.</summary>
    public uint RtoMicroseconds { get; init; }

    /// <summary>Smallest round-trip time seen, microseconds.</summary>
    public uint MinRttMicroseconds { get; init; }

    /// <summary>Congestion window, segments.</summary>
    public uint CongestionWindow { get; init; }

    /// <summary>Slow-start threshold, segments.</summary>
    public uint SlowStartThreshold { get; init; }

    /// <summary>Sending maximum segment size, bytes.</summary>
    public uint SendMss { get; init; }

    /// <summary>Receiving maximum segment size, bytes.</summary>
    public uint ReceiveMss { get; init; }

    /// <summary>Path MTU, bytes.</summary>
    public uint PathMtu { get; init; }

    /// <summary>Segments sent again over the connection's life.</summary>
    public uint TotalRetransmits { get; init; }

    /// <summary>Segments thought lost now.</summary>
    public uint Lost { get; init; }

    /// <summary>Segments in flight and unacknowledged.</summary>
    public uint Unacknowledged { get; init; }

    /// <summary>Estimated delivery rate, bytes per second.</summary>
    public ulong DeliveryRate { get; init; }

    /// <summary>Milliseconds since data was last sent.</summary>
    public uint LastSentMilliseconds { get; init; }

    /// <summary>Milliseconds since data was last received.</summary>
    public uint LastReceivedMilliseconds { get; init; }

    /// <summary>Congestion control algorithm, or <c>null</c>. One interned string per name.</summary>
    public string? CongestionControl { get; init; }
}
