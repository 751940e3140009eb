namespace Portolan.Linux.Bpf.Listening;

/// <summary>Where this kernel keeps what the program of states reads, in bytes, from its own BTF. What may be absent is -1 then.</summary>
internal sealed record ListenerOffsets
{
    /// <summary>Number of the tracepoint inet_sock_set_state (Linux 4.16).</summary>
    internal required uint SetStateId { get; init; }

    internal required int Family { get; init; }

    internal required int Port { get; init; }

    internal required int IPv4 { get; init; }

    internal required int IPv6 { get; init; }

    internal required int Interface { get; init; }

    internal required int Net { get; init; }

    internal required int NetInode { get; init; }

    internal required int Protocol { get; init; }

    /// <summary>Finds them.</summary>
    /// <exception cref="LinuxException">The kernel carries no BTF, or lacks one of them.</exception>
    internal static ListenerOffsets Find()
    {
        using var btf = KernelBtf.Open();
        BtfQuery[] queries =
        [
            new("btf_trace_inet_sock_set_state"u8.ToArray(), BtfKind.Typedef),
            new("sock_common"u8.ToArray(), BtfKind.Struct),
            new("sock"u8.ToArray(), BtfKind.Struct),
            new("net"u8.ToArray(), BtfKind.Struct),
            new("ns_common"u8.ToArray(), BtfKind.Struct),
        ];
        if (!BtfReader.TryOpen(btf.Bytes, out var reader))
        {
            throw Lacks("a readable header");
        }

        reader.Find(queries);
        var (common, sock, net, space) = (queries[1], queries[2], queries[3], queries[4]);
        var search = new BtfSearch(reader);
        var inode = search.Find(space, "inum"u8, "ns_common.inum");
        var offsets = new ListenerOffsets
        {
            SetStateId = search.Number(queries[0], "the tracepoint inet_sock_set_state"),
            Family = search.Find(common, "skc_family"u8, "sock_common.skc_family"),
            Port = search.Find(common, "skc_num"u8, "sock_common.skc_num"),
            IPv4 = search.Find(common, "skc_rcv_saddr"u8, "sock_common.skc_rcv_saddr"),
            IPv6 = search.FindOptional(common, "skc_v6_rcv_saddr"u8),
            Interface = search.Find(common, "skc_bound_dev_if"u8, "sock_common.skc_bound_dev_if"),
            Net = search.Find(common, "skc_net"u8, "sock_common.skc_net"),
            NetInode = search.Find(net, "ns"u8, "net.ns") + inode,
            Protocol = search.Find(sock, "sk_protocol"u8, "sock.sk_protocol"),
        };
        return search.Missing.Length == 0 ? offsets : throw Lacks(search.Missing);
    }

    private static LinuxException Lacks(string what) => new(Errno.NoEntry, $"find {what} in the kernel's BTF");
}
