namespace Portolan.Linux.Packet;

/// <summary>How an Ethernet interface is opened as a link.</summary>
public sealed record EthernetLinkOptions
{
    /// <summary>The interface's name, in the network namespace of the calling thread, such as <c>eth0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Whether checksums and the cutting of TCP super-segments are left to the kernel or the card. Without it frames still come with
    /// unfinished checksums from hosts that share this machine.
    /// </summary>
    public bool UsesOffload { get; init; } = true;

    /// <summary>The clock of the timestamps of frames.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
