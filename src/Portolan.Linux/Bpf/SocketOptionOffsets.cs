namespace Portolan.Linux.Bpf;

/// <summary>Where this kernel keeps options of sockets, in bytes, from its own BTF. What it is built without is -1.</summary>
internal readonly record struct SocketOptionOffsets
{
    /// <summary>Number of the function bpf_iter_tcp.</summary>
    internal required uint TcpIteratorId { get; init; }

    /// <summary>Number of the function bpf_iter_udp.</summary>
    internal required uint UdpIteratorId { get; init; }

    /// <summary>skc_state in struct sock_common.</summary>
    internal required int State { get; init; }

    /// <summary>skc_cookie in struct sock_common.</summary>
    internal required int Cookie { get; init; }

    /// <summary>sk_filter in struct sock.</summary>
    internal required int Filter { get; init; }

    /// <summary>prog in struct sk_filter.</summary>
    internal required int FilterProgram { get; init; }

    /// <summary>orig_prog in struct bpf_prog: the classic program as it was attached, or NULL.</summary>
    internal required int ClassicProgram { get; init; }

    /// <summary>len in struct bpf_prog.</summary>
    internal required int ProgramLength { get; init; }

    /// <summary>insnsi in struct bpf_prog.</summary>
    internal required int ProgramInstructions { get; init; }

    /// <summary>len in struct sock_fprog_kern.</summary>
    internal required int ClassicLength { get; init; }

    /// <summary>filter in struct sock_fprog_kern.</summary>
    internal required int ClassicInstructions { get; init; }

    /// <summary>min_ttl in struct inet_sock.</summary>
    internal required int MinimumTtl { get; init; }

    /// <summary>uc_ttl in struct inet_sock.</summary>
    internal required int Ttl { get; init; }

    /// <summary>skc_flags in struct sock_common.</summary>
    internal required int Flags { get; init; }

    /// <summary>hop_limit in struct ipv6_pinfo (CONFIG_IPV6).</summary>
    internal required int HopLimit { get; init; }

    /// <summary>pinet6 in struct inet_sock (CONFIG_IPV6).</summary>
    internal required int IPv6Part { get; init; }

    /// <summary>min_hopcount in struct ipv6_pinfo (CONFIG_IPV6).</summary>
    internal required int MinimumHopLimit { get; init; }

    /// <summary>ao_info in struct tcp_sock (CONFIG_TCP_AO).</summary>
    internal required int AoKeys { get; init; }

    /// <summary>Finds them; false with the name of what is missing.</summary>
    internal static bool TryFind(ReadOnlySpan<byte> btf, out SocketOptionOffsets offsets, out string missing)
    {
        offsets = default;
        missing = "a readable header";
        if (!BtfReader.TryOpen(btf, out var reader))
        {
            return false;
        }

        BtfQuery[] queries =
        [
            new("bpf_iter_tcp"u8.ToArray(), BtfKind.Func),
            new("bpf_iter_udp"u8.ToArray(), BtfKind.Func),
            new("sock_common"u8.ToArray(), BtfKind.Struct),
            new("sock"u8.ToArray(), BtfKind.Struct),
            new("sk_filter"u8.ToArray(), BtfKind.Struct),
            new("bpf_prog"u8.ToArray(), BtfKind.Struct),
            new("sock_fprog_kern"u8.ToArray(), BtfKind.Struct),
            new("inet_sock"u8.ToArray(), BtfKind.Struct),
            new("tcp_sock"u8.ToArray(), BtfKind.Struct),
            new("ipv6_pinfo"u8.ToArray(), BtfKind.Struct),
        ];
        reader.Find(queries);
        var (common, socket, filter, program, classic, internet, tcp, six) =
            (queries[2], queries[3], queries[4], queries[5], queries[6], queries[7], queries[8], queries[9]);
        missing = queries[0].Id == 0 ? "bpf_iter_tcp" : queries[1].Id == 0 ? "bpf_iter_udp" : "";
        offsets = new SocketOptionOffsets
        {
            TcpIteratorId = queries[0].Id,
            UdpIteratorId = queries[1].Id,
            State = Needed(ref reader, common, "skc_state"u8, ref missing),
            Cookie = Needed(ref reader, common, "skc_cookie"u8, ref missing),
            Filter = Needed(ref reader, socket, "sk_filter"u8, ref missing),
            FilterProgram = Needed(ref reader, filter, "prog"u8, ref missing),
            ClassicProgram = Needed(ref reader, program, "orig_prog"u8, ref missing),
            ProgramLength = Needed(ref reader, program, "len"u8, ref missing),
            ProgramInstructions = Needed(ref reader, program, "insnsi"u8, ref missing),
            ClassicLength = Needed(ref reader, classic, "len"u8, ref missing),
            ClassicInstructions = Needed(ref reader, classic, "filter"u8, ref missing),
            MinimumTtl = Needed(ref reader, internet, "min_ttl"u8, ref missing),
            Ttl = Needed(ref reader, internet, "uc_ttl"u8, ref missing),
            Flags = Needed(ref reader, common, "skc_flags"u8, ref missing),
            HopLimit = Optional(ref reader, six, "hop_limit"u8),
            IPv6Part = Optional(ref reader, internet, "pinet6"u8),
            MinimumHopLimit = Optional(ref reader, six, "min_hopcount"u8),
            AoKeys = Optional(ref reader, tcp, "ao_info"u8),
        };
        return missing.Length == 0;
    }

    private static int Needed(ref BtfReader reader, in BtfQuery structure, ReadOnlySpan<byte> member, ref string missing)
    {
        var offset = Optional(ref reader, structure, member);
        missing = offset >= 0 || missing.Length > 0
            ? missing
            : $"{System.Text.Encoding.ASCII.GetString(structure.Name)}.{System.Text.Encoding.ASCII.GetString(member)}";
        return offset;
    }

    private static int Optional(ref BtfReader reader, in BtfQuery structure, ReadOnlySpan<byte> member) =>
        reader.TryFindMember(structure, member, out var offset) ? offset : -1;
}
