namespace Portolan.Linux.Bpf.Traffic;

/// <summary>Where this kernel keeps what the programs read, in bytes, from its own BTF. What may be absent is -1 then.</summary>
internal sealed record TrafficOffsets
{
    /// <summary>Number of the tracepoint sock_send_length (Linux 6.3).</summary>
    internal required uint SendLengthId { get; init; }

    /// <summary>Number of the tracepoint sock_recv_length (Linux 6.3).</summary>
    internal required uint ReceiveLengthId { get; init; }

    /// <summary>Number of the tracepoint inet_sock_set_state.</summary>
    internal required uint SetStateId { get; init; }

    internal required int Family { get; init; }

    internal required int LocalPort { get; init; }

    internal required int RemotePort { get; init; }

    internal required int LocalIPv4 { get; init; }

    internal required int RemoteIPv4 { get; init; }

    internal required int LocalIPv6 { get; init; }

    internal required int RemoteIPv6 { get; init; }

    internal required int Net { get; init; }

    internal required int Flags { get; init; }

    internal required int NetInode { get; init; }

    internal required int Protocol { get; init; }

    internal required int Type { get; init; }

    internal required int User { get; init; }

    internal required int ReceiveInterface { get; init; }

    internal required int SourcePort { get; init; }

    internal required int BytesReceived { get; init; }

    internal required int BytesSent { get; init; }

    internal required int BytesRetransmitted { get; init; }

    internal required int RoundTrip { get; init; }

    internal required int TotalRetransmits { get; init; }

    internal required int IsMptcp { get; init; }

    /// <summary>Finds them; <c>null</c> with the name of what is missing.</summary>
    internal static TrafficOffsets? TryFind(ReadOnlySpan<byte> btf, out string missing)
    {
        missing = "a readable header";
        if (!BtfReader.TryOpen(btf, out var reader))
        {
            return null;
        }

        BtfQuery[] queries =
        [
            new("btf_trace_sock_send_length"u8.ToArray(), BtfKind.Typedef),
            new("btf_trace_sock_recv_length"u8.ToArray(), BtfKind.Typedef),
            new("btf_trace_inet_sock_set_state"u8.ToArray(), BtfKind.Typedef),
            new("sock_common"u8.ToArray(), BtfKind.Struct),
            new("sock"u8.ToArray(), BtfKind.Struct),
            new("net"u8.ToArray(), BtfKind.Struct),
            new("ns_common"u8.ToArray(), BtfKind.Struct),
            new("inet_sock"u8.ToArray(), BtfKind.Struct),
            new("tcp_sock"u8.ToArray(), BtfKind.Struct),
        ];
        reader.Find(queries);
        var (common, sock, net, space, inet, tcp) = (queries[3], queries[4], queries[5], queries[6], queries[7], queries[8]);
        var search = new BtfSearch(reader);
        var namespaceInCommon = search.Find(space, "inum"u8, "ns_common.inum");
        var offsets = new TrafficOffsets
        {
            SendLengthId = search.Number(queries[0], "the tracepoint sock_send_length"),
            ReceiveLengthId = search.Number(queries[1], "the tracepoint sock_recv_length"),
            SetStateId = search.Number(queries[2], "the tracepoint inet_sock_set_state"),
            Family = search.Find(common, "skc_family"u8, "sock_common.skc_family"),
            LocalPort = search.Find(common, "skc_num"u8, "sock_common.skc_num"),
            RemotePort = search.Find(common, "skc_dport"u8, "sock_common.skc_dport"),
            LocalIPv4 = search.Find(common, "skc_rcv_saddr"u8, "sock_common.skc_rcv_saddr"),
            RemoteIPv4 = search.Find(common, "skc_daddr"u8, "sock_common.skc_daddr"),
            LocalIPv6 = search.FindOptional(common, "skc_v6_rcv_saddr"u8),
            RemoteIPv6 = search.FindOptional(common, "skc_v6_daddr"u8),
            Net = search.Find(common, "skc_net"u8, "sock_common.skc_net"),
            Flags = search.Find(common, "skc_flags"u8, "sock_common.skc_flags"),
            NetInode = search.Find(net, "ns"u8, "net.ns") + namespaceInCommon,
            Protocol = search.Find(sock, "sk_protocol"u8, "sock.sk_protocol"),
            Type = search.Find(sock, "sk_type"u8, "sock.sk_type"),
            User = search.Find(sock, "sk_uid"u8, "sock.sk_uid"),
            ReceiveInterface = search.FindOptional(sock, "sk_rx_dst_ifindex"u8),
            SourcePort = search.Find(inet, "inet_sport"u8, "inet_sock.inet_sport"),
            BytesReceived = search.Find(tcp, "bytes_received"u8, "tcp_sock.bytes_received"),
            BytesSent = search.Find(tcp, "bytes_sent"u8, "tcp_sock.bytes_sent"),
            BytesRetransmitted = search.Find(tcp, "bytes_retrans"u8, "tcp_sock.bytes_retrans"),
            RoundTrip = search.Find(tcp, "srtt_us"u8, "tcp_sock.srtt_us"),
            TotalRetransmits = search.Find(tcp, "total_retrans"u8, "tcp_sock.total_retrans"),
            IsMptcp = search.FindOptional(tcp, "is_mptcp"u8),
        };
        missing = search.Missing;
        return missing.Length == 0 ? offsets : null;
    }
}
