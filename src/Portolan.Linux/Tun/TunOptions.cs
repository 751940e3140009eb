namespace Portolan.Linux.Tun;

/// <summary>How a TUN device is opened.</summary>
public sealed record TunOptions
{
    /// <summary>
    /// The interface's name, at most 15 bytes; one that is there and persistent is taken, another made, which goes with the link.
    /// </summary>
    public string Name { get; init; } = "portolan0";

    /// <summary>The most bytes of an IP packet; as the interface itself is set, which has 1,500 when it is new.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>
    /// Whether the kernel is asked to leave checksums and the cutting of TCP segments undone, both ways, as far as it can.
    /// </summary>
    public bool UsesOffload { get; init; } = true;

    /// <summary>
    /// Whether the kernel takes what is sent into the device on a thread of its own, which joins segments before its TCP sees them
    /// (IFF_NAPI of linux/if_tun.h, and threaded NAPI). It frees the sender for other work, and takes a second processor; it helps most
    /// where segments are sent cut. Needs CAP_SYS_ADMIN in the network namespace, and Linux 5.12.
    /// </summary>
    public bool UsesKernelThread { get; init; }

    /// <summary>The clock of the timestamps of frames.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
