namespace Portolan.Linux.Privilege;

/// <summary>Capabilities by number (linux/capability.h): all that Portolan ever raises.</summary>
public enum Capability
{
    /// <summary>CAP_DAC_READ_SEARCH: list other users' directories in /proc.</summary>
    DacReadSearch = 2,

    /// <summary>CAP_KILL: send signals to other users' processes.</summary>
    Kill = 5,

    /// <summary>CAP_NET_BIND_SERVICE: bind to ports below 1024.</summary>
    NetBindService = 10,

    /// <summary>CAP_NET_ADMIN: read and change rules, settings and interfaces of the network.</summary>
    NetAdmin = 12,

    /// <summary>CAP_NET_RAW: send and receive raw packets.</summary>
    NetRaw = 13,

    /// <summary>CAP_IPC_LOCK: memory that a card sends from may be larger than the limit of locked memory.</summary>
    IpcLock = 14,

    /// <summary>CAP_SYS_PTRACE: read the links of other users' descriptors and namespaces.</summary>
    SysPtrace = 19,

    /// <summary>CAP_SYS_ADMIN: enter network namespaces; includes CAP_BPF and CAP_PERFMON.</summary>
    SysAdmin = 21,

    /// <summary>CAP_PERFMON (Linux 5.8): read kernel memory from BPF.</summary>
    Perfmon = 38,

    /// <summary>CAP_BPF (Linux 5.8).</summary>
    Bpf = 39,
}
