namespace Portolan.Linux.Interop;

/// <summary>AF_XDP sockets (linux/if_xdp.h, Documentation/networking/af_xdp.rst).</summary>
internal static unsafe partial class Libc
{
    internal const int AF_XDP = 44;
    internal const int SOL_XDP = 283;
    internal const int XDP_MMAP_OFFSETS = 1;
    internal const int XDP_TX_RING = 3;
    internal const int XDP_UMEM_REG = 4;
    internal const int XDP_UMEM_FILL_RING = 5;
    internal const int XDP_UMEM_COMPLETION_RING = 6;
    internal const int XDP_MAX_TX_SKB_BUDGET = 9;
    internal const ushort XDP_SHARED_UMEM = 1;
    internal const ushort XDP_COPY = 2;
    internal const long XDP_PGOFF_TX_RING = 0x80000000;
    internal const long XDP_UMEM_PGOFF_COMPLETION_RING = 0x180000000;

    /// <summary>linux/if_xdp.h, as the first kernels with AF_XDP read it.</summary>
    internal struct xdp_umem_reg
    {
        internal ulong addr;
        internal ulong len;
        internal uint chunk_size;
        internal uint headroom;
    }

    /// <summary>linux/if_xdp.h.</summary>
    internal struct sockaddr_xdp
    {
        internal ushort sxdp_family;
        internal ushort sxdp_flags;
        internal int sxdp_ifindex;
        internal uint sxdp_queue_id;
        internal uint sxdp_shared_umem_fd;
    }

    /// <summary>Where the parts of a ring lie in its mapping.</summary>
    internal struct xdp_ring_offset
    {
        internal ulong producer;
        internal ulong consumer;
        internal ulong desc;
        internal ulong flags;
    }

    /// <summary>Those of all four rings.</summary>
    internal struct xdp_mmap_offsets
    {
        internal xdp_ring_offset rx;
        internal xdp_ring_offset tx;
        internal xdp_ring_offset fr;
        internal xdp_ring_offset cr;
    }

    /// <summary>One frame in a ring.</summary>
    internal struct xdp_desc
    {
        internal ulong addr;
        internal uint len;
        internal uint options;
    }
}
