using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>bpf(2), which the C library does not wrap (linux/bpf.h).</summary>
internal static unsafe partial class Libc
{
    internal const int BPF_PROG_LOAD = 5;
    internal const int BPF_MAP_CREATE = 0;
    internal const int BPF_MAP_LOOKUP_ELEM = 1;
    internal const int BPF_MAP_LOOKUP_AND_DELETE_ELEM = 21;
    internal const int BPF_MAP_LOOKUP_BATCH = 24;
    internal const int BPF_OBJ_GET_INFO_BY_FD = 15;
    internal const int BPF_RAW_TRACEPOINT_OPEN = 17;
    internal const int BPF_LINK_CREATE = 28;
    internal const int BPF_ITER_CREATE = 33;
    internal const int BPF_MAP_UPDATE_ELEM = 2;
    internal const int BPF_MAP_DELETE_ELEM = 3;
    internal const int BPF_MAP_LOOKUP_AND_DELETE_BATCH = 25;
    internal const uint BPF_PROG_TYPE_SOCKET_FILTER = 1;
    internal const uint BPF_PROG_TYPE_CGROUP_SOCK = 9;
    internal const uint BPF_PROG_TYPE_TRACING = 26;
    internal const uint BPF_CGROUP_INET4_POST_BIND = 12;
    internal const uint BPF_CGROUP_INET6_POST_BIND = 13;
    internal const uint BPF_TRACE_RAW_TP = 23;
    internal const uint BPF_TRACE_ITER = 28;
    internal const uint BPF_MAP_TYPE_HASH = 1;
    internal const uint BPF_MAP_TYPE_ARRAY = 2;
    internal const uint BPF_MAP_TYPE_LRU_HASH = 9;
    internal const uint BPF_MAP_TYPE_RINGBUF = 27;
    internal const uint BPF_F_NO_PREALLOC = 1;

    /// <summary>The number of bpf(2) differs by architecture (asm/unistd.h).</summary>
    internal static nint SYS_bpf => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 321 : 280;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint bpf(nint number, int cmd, void* attr, uint size);

    /// <summary>What BPF_PROG_LOAD reads of union bpf_attr, in its order.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct bpf_attr_prog_load
    {
        internal uint prog_type;
        internal uint insn_cnt;
        internal ulong insns;
        internal ulong license;
        internal uint log_level;
        internal uint log_size;
        internal ulong log_buf;
        internal uint kern_version;
        internal uint prog_flags;
        internal ulong prog_name;
        internal ulong prog_name_rest;
        internal uint prog_ifindex;
        internal uint expected_attach_type;
        internal uint prog_btf_fd;
        internal uint func_info_rec_size;
        internal ulong func_info;
        internal uint func_info_cnt;
        internal uint line_info_rec_size;
        internal ulong line_info;
        internal uint line_info_cnt;
        internal uint attach_btf_id;
        internal uint attach_prog_fd;
        internal uint core_relo_cnt;
    }

    /// <summary>What BPF_LINK_CREATE reads of union bpf_attr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct bpf_attr_link_create
    {
        internal uint prog_fd;
        internal uint target_fd;
        internal uint attach_type;
        internal uint flags;
        internal ulong iter_info;
        internal uint iter_info_len;
        internal uint pad;
    }

    /// <summary>What BPF_ITER_CREATE reads of union bpf_attr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct bpf_attr_iter_create
    {
        internal uint link_fd;
        internal uint flags;
    }

    /// <summary>What BPF_MAP_CREATE reads of union bpf_attr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct bpf_attr_map_create
    {
        internal uint map_type;
        internal uint key_size;
        internal uint value_size;
        internal uint max_entries;
        internal uint map_flags;
        internal uint inner_map_fd;
        internal uint numa_node;
    }

    /// <summary>What BPF_MAP_LOOKUP_ELEM and its kin read of union bpf_attr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct bpf_attr_map_element
    {
        internal uint map_fd;
        internal uint pad;
        internal ulong key;
        internal ulong value;
        internal ulong flags;
    }

    /// <summary>What BPF_MAP_LOOKUP_BATCH reads and writes of union bpf_attr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct bpf_attr_map_batch
    {
        internal ulong in_batch;
        internal ulong out_batch;
        internal ulong keys;
        internal ulong values;
        internal uint count;
        internal uint map_fd;
        internal ulong elem_flags;
        internal ulong flags;
    }

    /// <summary>What BPF_RAW_TRACEPOINT_OPEN reads of union bpf_attr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct bpf_attr_raw_tracepoint
    {
        internal ulong name;
        internal uint prog_fd;
        internal uint pad;
        internal ulong cookie;
    }

    /// <summary>What BPF_OBJ_GET_INFO_BY_FD reads and writes of union bpf_attr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct bpf_attr_info
    {
        internal uint bpf_fd;
        internal uint info_len;
        internal ulong info;
    }
}
