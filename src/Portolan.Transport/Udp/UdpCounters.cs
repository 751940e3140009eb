namespace Portolan.Transport.Udp;

/// <summary>What a <see cref="UdpLayer"/> did, in datagrams.</summary>
internal sealed class UdpCounters
{
    /// <summary>Those that came.</summary>
    public long Received { get; internal set; }

    /// <summary>Those put into the queue of a socket; one to a group counts for each.</summary>
    public long Delivered { get; internal set; }

    /// <summary>Those sent.</summary>
    public long Sent { get; internal set; }

    /// <summary>Dropped: a length that does not fit.</summary>
    public long Malformed { get; internal set; }

    /// <summary>Dropped: the checksum is wrong, or is missing where it must not.</summary>
    public long BadChecksum { get; internal set; }

    /// <summary>Dropped: nothing listens at the port.</summary>
    public long NoPort { get; internal set; }

    /// <summary>Dropped: the socket's queue was full, or the packet memory.</summary>
    public long QueueFull { get; internal set; }

    /// <summary>ICMP errors handed to a socket.</summary>
    public long Errors { get; internal set; }

    /// <summary>ICMP errors about datagrams that no socket here sent.</summary>
    public long StrayErrors { get; internal set; }
}
