namespace Portolan.Linux.Tun;

/// <summary>How a TUN device is opened.</summary>
public sealed record TunOptions
{
    /// <summary>The interface's name, at most 15 bytes; one that is there and persistent is taken, another made, which goes with the link.</summary>
    public string Name { get; init; } = "portolan0";

    /// <summary>The most bytes of an IP packet; as the interface itself is set, which has 1,500 when it is new.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>Whether the kernel is asked to leave checksums and the cutting of TCP segments undone, both ways, as far as it can.</summary>
    public bool UsesOffload { get; init; } = true;

    /// <summary>The clock of the timestamps of frames.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
