namespace Portolan.Linux.Privilege;

/// <summary>Capabilities of a process or a file as the kernel's mask (capabilities(7)).</summary>
/// <param name="Bits">Bit n stands for capability n.</param>
public readonly record struct CapabilitySet(ulong Bits)
{
    private static readonly (Capability Capability, string Name)[] Named =
    [
        (Capability.DacReadSearch, "CAP_DAC_READ_SEARCH"),
        (Capability.Kill, "CAP_KILL"),
        (Capability.NetBindService, "CAP_NET_BIND_SERVICE"),
        (Capability.NetAdmin, "CAP_NET_ADMIN"),
        (Capability.NetRaw, "CAP_NET_RAW"),
        (Capability.IpcLock, "CAP_IPC_LOCK"),
        (Capability.SysPtrace, "CAP_SYS_PTRACE"),
        (Capability.SysAdmin, "CAP_SYS_ADMIN"),
        (Capability.Perfmon, "CAP_PERFMON"),
        (Capability.Bpf, "CAP_BPF"),
    ];

    /// <summary>
    /// What the calling thread has or may raise: its permitted capabilities; empty when they cannot be asked. In a user namespace they hold
    /// there only.
    /// </summary>
    public static CapabilitySet Available => new(ThreadCapabilities.Read().Permitted);

    /// <summary>The kernel's names of those in the set that Portolan uses, such as <c>CAP_BPF</c>, in the order of their numbers.</summary>
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

    /// <summary>A set of some.</summary>
    public static CapabilitySet Of(params ReadOnlySpan<Capability> capabilities)
    {
        ulong bits = 0;
        foreach (var capability in capabilities)
        {
            bits |= 1UL << (int)capability;
        }

        return new CapabilitySet(bits);
    }

    /// <summary>Whether a capability is in the set.</summary>
    public bool Has(Capability capability) => ((Bits >> (int)capability) & 1) != 0;

    /// <summary>Whether BPF programs that read the kernel's structures may be loaded.</summary>
    public bool MayTrace => Has(Capability.SysAdmin) || (Has(Capability.Bpf) && Has(Capability.Perfmon));
}
