using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Packet;

/// <summary>
/// Raw IP sockets, one for each family: packets bring their IP header, the kernel routes them by their destination (raw(7)).
/// </summary>
/// <remarks>IPPROTO_RAW includes IP_HDRINCL, and for IPv6 IPV6_HDRINCL (inet6_create, net/ipv6/af_inet6.c).</remarks>
internal sealed unsafe class RawIpDestination : FrameDestination
{
    private const int IPv4Header = 20;
    private const int IPv4Destination = 16;
    private const int IPv6Header = 40;
    private const int IPv6Destination = 24;

    private SocketHandle? _ipv4;
    private SocketHandle? _ipv6;

    internal override bool IsBound => false;

    /// <returns>The descriptor, or −1 for what is not an IP packet.</returns>
    internal override int Choose(ReadOnlySpan<byte> frame, byte* address, out uint addressLength)
    {
        var version = frame.IsEmpty ? 0 : frame[0] >> 4;
        var name = new Span<byte>(address, AddressRoom);
        if (version == 4 && frame.Length >= IPv4Header)
        {
            // struct sockaddr_in: family, port (0), address.
            MemoryMarshal.Write(name, (ushort)Libc.AF_INET);
            frame.Slice(IPv4Destination, 4).CopyTo(name[4..]);
            addressLength = 16;
            _ipv4 ??= RawAccess.Open(Libc.AF_INET, Libc.SOCK_RAW, Libc.IPPROTO_RAW);
            return (int)_ipv4.DangerousGetHandle();
        }

        if (version == 6 && frame.Length >= IPv6Header)
        {
            // struct sockaddr_in6: family, port (0), flow, address.
            MemoryMarshal.Write(name, (ushort)Libc.AF_INET6);
            frame.Slice(IPv6Destination, 16).CopyTo(name[8..]);
            addressLength = 28;
            _ipv6 ??= RawAccess.Open(Libc.AF_INET6, Libc.SOCK_RAW, Libc.IPPROTO_RAW);
            return (int)_ipv6.DangerousGetHandle();
        }

        addressLength = 0;
        return -1;
    }

    public override void Dispose()
    {
        _ipv4?.Dispose();
        _ipv6?.Dispose();
    }
}
