using System.Runtime.InteropServices;

namespace Portolan.Sockets.Acquire;

/// <summary>
/// Reads <c>struct tcp_info</c> (linux/tcp.h) and <c>struct mptcp_info</c> (linux/mptcp.h). Each kernel appended fields: what is not there
/// reads as 0.
/// </summary>
internal static class TcpInfoDecoder
{
    /// <summary>tcp_info of a TCP socket.</summary>
    internal static TcpDetails Tcp(ReadOnlySpan<byte> bytes, string? congestionControl)
    {
        var info = new KernelTcpInfo(bytes);
        var retransmitted = info.BytesRetransmitted;
        return new TcpDetails
        {
            BytesSent = Less(info.BytesSent, retransmitted),
            BytesReceived = info.BytesReceived,
            BytesAcknowledged = info.BytesAcknowledged,
            BytesRetransmitted = retransmitted,
            TotalRetransmits = info.TotalRetransmits,
            RttMicroseconds = info.Rtt,
            CongestionControl = congestionControl,
        };
    }

    /// <summary>mptcp_info of an MPTCP connection: byte counts over all its subflows (Linux 6.5 and later).</summary>
    internal static TcpDetails Mptcp(ReadOnlySpan<byte> info)
    {
        var retransmitted = UInt64(info, 48);
        return new TcpDetails
        {
            TotalRetransmits = UInt32(info, 44),
            BytesRetransmitted = retransmitted,
            BytesSent = Less(UInt64(info, 56), retransmitted),
            BytesReceived = UInt64(info, 64),
            BytesAcknowledged = UInt64(info, 72),
        };
    }

    private static ulong Less(ulong total, ulong part) => total > part ? total - part : 0;

    private static uint UInt32(ReadOnlySpan<byte> info, int offset) =>
        info.Length >= offset + 4 ? MemoryMarshal.Read<uint>(info[offset..]) : 0;

    private static ulong UInt64(ReadOnlySpan<byte> info, int offset) =>
        info.Length >= offset + 8 ? MemoryMarshal.Read<ulong>(info[offset..]) : 0;
}
