namespace Portolan.Transport.AspNetCore;

/// <summary>How Kestrel listens in a stack.</summary>
public sealed class StackTransportOptions
{
    /// <summary>Backlog, sharing, and the decision about each SYN.</summary>
    public TcpListenOptions Listen { get; set => field = Allowed.NotNull(value); } = new();

    /// <summary>Whether small writes are sent at once (TCP_NODELAY), as with Kestrel's own transport.</summary>
    public bool NoDelay { get; set; } = true;
}
