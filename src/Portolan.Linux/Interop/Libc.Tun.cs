using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>TUN devices (Documentation/networking/tuntap.rst, linux/if_tun.h) and the header of virtio (linux/virtio_net.h).</summary>
internal static unsafe partial class Libc
{
    internal const int O_RDWR = 2;
    internal const int O_NONBLOCK = 0x800;

    internal const nuint TUNSETIFF = 0x400454ca;
    internal const nuint TUNSETOFFLOAD = 0x400454d0;

    internal const ushort IFF_TUN = 0x0001;
    internal const ushort IFF_NAPI = 0x0010;
    internal const ushort IFF_NO_PI = 0x1000;
    internal const ushort IFF_VNET_HDR = 0x4000;

    internal const uint TUN_F_CSUM = 0x01;
    internal const uint TUN_F_TSO4 = 0x02;
    internal const uint TUN_F_TSO6 = 0x04;
    internal const uint TUN_F_TSO_ECN = 0x08;

    internal const byte VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
    internal const byte VIRTIO_NET_HDR_F_DATA_VALID = 2;
    internal const byte VIRTIO_NET_HDR_GSO_TCPV4 = 1;
    internal const byte VIRTIO_NET_HDR_GSO_TCPV6 = 4;
    internal const byte VIRTIO_NET_HDR_GSO_ECN = 0x80;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    internal static partial SocketHandle open_device(byte* pathname, int flags);

    /// <summary>TUNSETOFFLOAD takes its flags in the place of a pointer.</summary>
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctl_number(SocketHandle fd, nuint request, nuint argument);

    /// <summary><c>struct virtio_net_hdr</c>, in the byte order of this machine.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 2)]
    internal struct virtio_net_hdr
    {
        internal byte flags;
        internal byte gso_type;
        internal ushort hdr_len;
        internal ushort gso_size;
        internal ushort csum_start;
        internal ushort csum_offset;
    }
}
