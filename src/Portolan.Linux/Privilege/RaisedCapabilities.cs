using Portolan.Linux.Proc;

namespace Portolan.Linux.Privilege;

/// <summary>
/// Capabilities raised into the effective set of the calling thread until this is disposed: around one system call, or a few on files of
/// the kernel.
/// </summary>
/// <remarks>
/// <para>A program whose file gives it capabilities runs with an empty effective set, so that what a person names is opened with that
/// person's permissions alone. This is the only place that raises one, and only where the process has it and lacks it in effect: for root
/// and for users without any it costs nothing.</para>
/// <para>Inside such a scope nothing is opened that a person names, no thread is started (it would be born with what is raised) and nothing
/// is awaited, which a ref struct sees to.</para>
/// </remarks>
internal readonly ref struct RaisedCapabilities : IDisposable
{
    /// <summary>
    /// What this process may raise and does not have in effect. Every thread has it from the first one, and nothing else changes it.
    /// </summary>
    private static readonly ulong Raisable = ReadRaisable();

    private readonly ThreadCapabilities _before;
    private readonly bool _isRaised;

    private RaisedCapabilities(ulong wanted)
    {
        if ((wanted & Raisable) == 0)
        {
            return;
        }

        _before = ThreadCapabilities.Read();
        var raised = _before with { Effective = _before.Effective | (wanted & _before.Permitted) };
        if (raised != _before)
        {
            raised.Apply();
            _isRaised = true;
        }
    }

    /// <summary>
    /// To use BPF: CAP_BPF and CAP_PERFMON, before Linux 5.8 CAP_SYS_ADMIN; CAP_NET_ADMIN to ask what is attached to interfaces.
    /// </summary>
    public static RaisedCapabilities ToUseBpf() => new(Bpf);

    /// <summary>To look into other users' processes through /proc.</summary>
    public static RaisedCapabilities ToReadProcesses() => new(Processes);

    /// <summary>To do what one capability is for.</summary>
    public static RaisedCapabilities For(Capability capability) => new(1UL << (int)capability);

    /// <summary>Lowers them again.</summary>
    public void Dispose()
    {
        if (_isRaised)
        {
            _before.Apply();
        }
    }

    private static readonly ulong Bpf = CapabilitySet.Of(Capability.Bpf, Capability.Perfmon, Capability.SysAdmin, Capability.NetAdmin).Bits;

    private static readonly ulong Processes = CapabilitySet.Of(Capability.SysPtrace, Capability.DacReadSearch).Bits;

    private static ulong ReadRaisable()
    {
        // Root has what it has; a thread of root's that gave something up meant it.
        if (EffectiveUser.Id == 0)
        {
            return 0;
        }

        var now = ThreadCapabilities.Read();
        return now.Permitted & ~now.Effective;
    }
}
