namespace Portolan.Linux.Changes;

/// <summary>What <see cref="KernelChanges"/> hears of.</summary>
public enum KernelSource
{
    /// <summary>TCP sockets that begin and end to listen: BPF at the tracepoint inet_sock_set_state.</summary>
    Listeners,

    /// <summary>UDP sockets that are bound: BPF at the control groups' post-bind.</summary>
    Datagrams,

    /// <summary>Sockets that close: the multicast groups of sock_diag.</summary>
    ClosedSockets,

    /// <summary>Rules of nftables: the multicast group of nf_tables.</summary>
    Rules,

    /// <summary>Interfaces, addresses, routes and rules of routing: the multicast groups of rtnetlink.</summary>
    Routes,
}
