namespace Portolan.Forwarding.Model;

/// <summary>How a forward treats its connections.</summary>
public sealed record ForwardOptions
{
    /// <summary>The longest a flow of datagrams may be silent, unless said otherwise. Longer than most programs wait for a reply.</summary>
    public static TimeSpan UsualDatagramIdle { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Networks that may connect; none of them for everyone.</summary>
    public IReadOnlyList<AddressPrefix> Allow { get; init; } = [];

    /// <summary>
    /// The most connections at once, or flows of datagrams; <c>null</c> for as many as there are descriptors, ports and memory. More
    /// connections wait in the kernel's queue; more clients of datagrams are left out.
    /// </summary>
    public int? Limit { get; init; }

    /// <summary>Bytes a second in each direction, all connections together; <c>null</c> for no limit.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>New connections a second; <c>null</c> for no limit. More wait in the kernel's queue.</summary>
    public int? ConnectionsPerSecond { get; init; }

    /// <summary>Whether each connection begins with a PROXY header, which names the client.</summary>
    public bool ProxyIn { get; init; }

    /// <summary>The version of the PROXY header that targets get: 1, 2, or 0 for none.</summary>
    public int ProxyOut { get; init; }

    /// <summary>The longest a connection may be silent; <c>null</c> for ever, or <see cref="UsualDatagramIdle"/> for datagrams.</summary>
    public TimeSpan? Idle { get; init; }

    /// <summary>
    /// How many datagrams answer each datagram of a client, after which its flow ends; <c>null</c> where only DNS is recognised by its
    /// messages, and other flows end when they are silent.
    /// </summary>
    public int? Responses { get; init; }

    /// <summary>The longest wait for a target's answer to a connection, for each target.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What is asked of each target in intervals; <c>null</c> for nothing.</summary>
    public string? Check { get; init; }

    /// <summary>Whether targets see the address of the client and not this host's; only the kernel can do that.</summary>
    public bool KeepsSource { get; init; }
}
