using Portolan.Linux.Routing;

namespace Portolan.Linux.Packet;

/// <summary>How frames get onto an interface.</summary>
internal enum LinkKind : byte
{
    /// <summary>Packet socket, whole Ethernet frames.</summary>
    Ethernet,

    /// <summary>Packet socket, IP packets: the interface has no header, or the kernel writes it.</summary>
    Packets,

    /// <summary>Raw IP sockets; the kernel routes and finds the neighbour.</summary>
    RawIp,
}

/// <summary>Which way fits an interface.</summary>
internal static class LinkKinds
{
    // linux/if_arp.h
    private const ushort Ppp = 512;
    private const ushort RawIp = 519;
    private const ushort Tunnel = 768;
    private const ushort Tunnel6 = 769;
    private const ushort Sit = 776;
    private const ushort None = 0xfffe;

    /// <summary>The way for an interface.</summary>
    internal static LinkKind Of(KernelInterface @interface, bool isLocal)
    {
        if (isLocal || @interface.IsLoopback)
        {
            return LinkKind.RawIp;
        }

        return @interface.HardwareType switch
        {
            _ when @interface.IsEthernet => LinkKind.Ethernet,
            Ppp or RawIp or Tunnel or Tunnel6 or Sit or None => LinkKind.Packets,
            _ => LinkKind.RawIp,
        };
    }
}
