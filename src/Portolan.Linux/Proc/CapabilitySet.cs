using Portolan.Linux.Interop;

namespace Portolan.Linux.Proc;

/// <summary>Capabilities by number (linux/capability.h); those that Portolan asks about.</summary>
public enum Capability
{
    /// <summary>CAP_DAC_READ_SEARCH: list other users' directories.</summary>
    DacReadSearch = 2,

    /// <summary>CAP_NET_ADMIN.</summary>
    NetAdmin = 12,

    /// <summary>CAP_NET_RAW.</summary>
    NetRaw = 13,

    /// <summary>CAP_SYS_PTRACE: read the links of other users' descriptors.</summary>
    SysPtrace = 19,

    /// <summary>CAP_SYS_ADMIN, which includes CAP_BPF and CAP_PERFMON.</summary>
    SysAdmin = 21,

    /// <summary>CAP_PERFMON (Linux 5.8): read kernel memory from BPF.</summary>
    Perfmon = 38,

    /// <summary>CAP_BPF (Linux 5.8).</summary>
    Bpf = 39,
}

/// <summary>A set of capabilities.</summary>
/// <param name="Bits">Bit n stands for capability n.</param>
public readonly record struct CapabilitySet(ulong Bits)
{
    /// <summary>The effective capabilities of the calling thread; empty when they cannot be asked. In a user namespace they hold there only.</summary>
    public static unsafe CapabilitySet Effective
    {
        get
        {
            var header = new Libc.cap_user_header { version = Libc.CapabilityVersion3 };
            var data = stackalloc Libc.cap_user_data[2];
            return Libc.capget(&header, data) == 0 ? new CapabilitySet(data[0].effective | ((ulong)data[1].effective << 32)) : default;
        }
    }

    /// <summary>The kernel's names of those in the set that Portolan asks about, such as <c>CAP_BPF</c>, in the order of their numbers.</summary>
    public IEnumerable<string> Names
    {
        get
        {
            foreach (var (capability, name) in Named)
            {
                if (Has(capability))
                {
                    yield return name;
                }
            }
        }
    }

    private static (Capability Capability, string Name)[] Named =>
    [
        (Capability.DacReadSearch, "CAP_DAC_READ_SEARCH"),
        (Capability.NetAdmin, "CAP_NET_ADMIN"),
        (Capability.NetRaw, "CAP_NET_RAW"),
        (Capability.SysPtrace, "CAP_SYS_PTRACE"),
        (Capability.SysAdmin, "CAP_SYS_ADMIN"),
        (Capability.Perfmon, "CAP_PERFMON"),
        (Capability.Bpf, "CAP_BPF"),
    ];

    /// <summary>Whether a capability is in the set.</summary>
    public bool Has(Capability capability) => ((Bits >> (int)capability) & 1) != 0;

    /// <summary>Whether BPF programs that read the kernel's structures may be loaded.</summary>
    public bool MayTrace => Has(Capability.SysAdmin) || (Has(Capability.Bpf) && Has(Capability.Perfmon));
}
