using System.Runtime.InteropServices;

namespace Portolan.Sockets;

/// <summary>
/// A view of <c>struct tcp_info</c> (linux/tcp.h). Each kernel appended fields: what is not there reads as 0. Times are in microseconds
/// unless the name says otherwise, sizes in bytes, windows and counts in segments, rates in bytes per second.
/// </summary>
public readonly ref struct KernelTcpInfo(ReadOnlySpan<byte> bytes)
{
    /// <summary>TCP_LISTEN of linux/tcp_states.h.</summary>
    public const byte Listening = 10;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The kernel's number of the state (linux/tcp_states.h).</summary>
    public byte State => Byte(0);

    /// <summary>Retransmission timeouts in a row that are backed off (tcpi_backoff).</summary>
    public byte Backoff => Byte(4);

    /// <summary>TCP options of the connection (tcpi_options, TCPI_OPT_*).</summary>
    public TcpInfoOptions Options => (TcpInfoOptions)Byte(5);

    /// <summary>Shift of the windows that the peer reports (tcpi_snd_wscale).</summary>
    public int SendWindowScale => Byte(6) & 0xf;

    /// <summary>Shift of the windows that this side reports (tcpi_rcv_wscale).</summary>
    public int ReceiveWindowScale => Byte(6) >> 4;

    /// <summary>Whether the delivery rate was limited by the application.</summary>
    public bool IsApplicationLimited => (Byte(7) & 1) != 0;

    /// <summary>Retransmission timeout.</summary>
    public uint Rto => UInt32(8);

    /// <summary>Timeout of a delayed acknowledgment.</summary>
    public uint Ato => UInt32(12);

    /// <summary>Sending maximum segment size.</summary>
    public uint SendMss => UInt32(16);

    /// <summary>Receiving maximum segment size.</summary>
    public uint ReceiveMss => UInt32(20);

    /// <summary>Segments sent and not acknowledged; of a listener the length of its accept queue.</summary>
    public uint Unacknowledged => UInt32(24);

    /// <summary>Segments acknowledged selectively; of a listener its backlog.</summary>
    public uint Sacked => UInt32(28);

    /// <summary>Segments thought lost.</summary>
    public uint Lost => UInt32(32);

    /// <summary>Segments sent again and not acknowledged.</summary>
    public uint Retransmitted => UInt32(36);

    /// <summary>Segments below the highest that was acknowledged selectively; 0 since Linux 4.15.</summary>
    public uint ForwardAcknowledged => UInt32(40);

    /// <summary>Milliseconds since data was sent.</summary>
    public uint LastSentMilliseconds => UInt32(44);

    /// <summary>Milliseconds since data was received.</summary>
    public uint LastReceivedMilliseconds => UInt32(52);

    /// <summary>Milliseconds since an acknowledgment was received.</summary>
    public uint LastAcknowledgedMilliseconds => UInt32(56);

    /// <summary>The largest IP packet that the path takes, in bytes.</summary>
    public uint PathMtu => UInt32(60);

    /// <summary>The largest window that this side would tell now (tcpi_rcv_ssthresh).</summary>
    public uint ReceiveSlowStartThreshold => UInt32(64);

    /// <summary>Smoothed round-trip time.</summary>
    public uint Rtt => UInt32(68);

    /// <summary>Variance of the round-trip time.</summary>
    public uint RttVariance => UInt32(72);

    /// <summary>Where slow start ends, in segments; at least 0x7fffffff while no loss was seen.</summary>
    public uint SlowStartThreshold => UInt32(76);

    /// <summary>Segments that may be in flight by congestion control.</summary>
    public uint CongestionWindow => UInt32(80);

    /// <summary>The maximum segment size that this side told.</summary>
    public uint AdvertisedMss => UInt32(84);

    /// <summary>Segments that may be reordered before one counts as lost.</summary>
    public uint Reordering => UInt32(88);

    /// <summary>Round-trip time as the receiver estimates it.</summary>
    public uint ReceiveRtt => UInt32(92);

    /// <summary>Bytes that the application takes in a round trip (tcpi_rcv_space).</summary>
    public uint ReceiveSpace => UInt32(96);

    /// <summary>Segments sent again over the connection's life.</summary>
    public uint TotalRetransmits => UInt32(100);

    /// <summary>How fast segments leave, in bytes per second; the highest value for no limit.</summary>
    public ulong PacingRate => UInt64(104);

    /// <summary>Limit of the pacing rate; all bits set for none.</summary>
    public ulong MaxPacingRate => UInt64(112);

    /// <summary>Bytes acknowledged; counts SYN and FIN.</summary>
    public ulong BytesAcknowledged => UInt64(120);

    /// <summary>Bytes received in order.</summary>
    public ulong BytesReceived => UInt64(128);

    /// <summary>Segments sent.</summary>
    public uint SegmentsOut => UInt32(136);

    /// <summary>Segments received.</summary>
    public uint SegmentsIn => UInt32(140);

    /// <summary>Bytes in the send queue that were never sent.</summary>
    public uint NotSent => UInt32(144);

    /// <summary>Smallest round-trip time seen; all bits set for none.</summary>
    public uint MinRtt => UInt32(148);

    /// <summary>Segments with data received.</summary>
    public uint DataSegmentsIn => UInt32(152);

    /// <summary>Segments with data sent.</summary>
    public uint DataSegmentsOut => UInt32(156);

    /// <summary>Estimated delivery rate.</summary>
    public ulong DeliveryRate => UInt64(160);

    /// <summary>Time with data to send.</summary>
    public ulong BusyTime => UInt64(168);

    /// <summary>Time limited by the peer's window.</summary>
    public ulong ReceiveWindowLimited => UInt64(176);

    /// <summary>Time limited by the send buffer.</summary>
    public ulong SendBufferLimited => UInt64(184);

    /// <summary>Segments with data that were delivered, as acknowledgments tell.</summary>
    public uint Delivered => UInt32(192);

    /// <summary>The same, with a congestion mark.</summary>
    public uint DeliveredMarked => UInt32(196);

    /// <summary>Payload bytes sent, retransmissions included.</summary>
    public ulong BytesSent => UInt64(200);

    /// <summary>Payload bytes sent again.</summary>
    public ulong BytesRetransmitted => UInt64(208);

    /// <summary>Duplicate segments that the peer reported (D-SACK).</summary>
    public uint DuplicatesReported => UInt32(216);

    /// <summary>Times that reordering was seen.</summary>
    public uint ReorderingSeen => UInt32(220);

    /// <summary>Segments received out of order.</summary>
    public uint OutOfOrder => UInt32(224);

    /// <summary>The peer's window.</summary>
    public uint SendWindow => UInt32(228);

    private byte Byte(int offset) => offset < _bytes.Length ? _bytes[offset] : (byte)0;

    private uint UInt32(int offset) => _bytes.Length >= offset + 4 ? MemoryMarshal.Read<uint>(_bytes[offset..]) : 0;

    private ulong UInt64(int offset) => _bytes.Length >= offset + 8 ? MemoryMarshal.Read<ulong>(_bytes[offset..]) : 0;
}

/// <summary>TCPI_OPT_* of linux/tcp.h.</summary>
[Flags]
public enum TcpInfoOptions : byte
{
    /// <summary>No bit is set.</summary>
    None = 0,

    /// <summary>Timestamps (RFC 7323).</summary>
    Timestamps = 1,

    /// <summary>Selective acknowledgments (RFC 2018).</summary>
    Sack = 2,

    /// <summary>Window scale (RFC 7323).</summary>
    WindowScale = 4,

    /// <summary>Explicit congestion notification (RFC 3168) was agreed on.</summary>
    Ecn = 8,

    /// <summary>A packet with ECT was received.</summary>
    EcnSeen = 16,

    /// <summary>Data of the SYN was acknowledged (RFC 7413).</summary>
    SynData = 32,
}
