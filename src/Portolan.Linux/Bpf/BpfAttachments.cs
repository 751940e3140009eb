using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;
using Portolan.Linux.Proc;

namespace Portolan.Linux.Bpf;

/// <summary>Counts the BPF programs attached to a place (BPF_PROG_QUERY of bpf(2)). Needs CAP_NET_ADMIN.</summary>
public static class BpfAttachments
{
    private const uint CgroupIngress = 0;
    private const uint TcxIngress = 46;
    private const uint SocketLookup = 36;

    /// <summary>BPF_F_QUERY_EFFECTIVE: those of the groups above too.</summary>
    private const uint Effective = 1;

    /// <summary>Programs that see what an interface receives before all rules (tcx; BPF_TCX_INGRESS, linux/bpf.h).</summary>
    /// <returns>How many; or the negative error number.</returns>
    public static int CountAtInterface(int interfaceIndex) => Query((uint)interfaceIndex, TcxIngress, 0);

    /// <summary>
    /// Programs that see what sockets of a control group receive (BPF_CGROUP_INET_INGRESS), such as systemd's IPAddressDeny.
    /// </summary>
    /// <param name="path">Of the control group, such as <c>/sys/fs/cgroup/system.slice/ssh.service</c>.</param>
    /// <returns>How many; or the negative error number.</returns>
    public static int CountAtCgroup(string path)
    {
        try
        {
            using var directory = ProcHandle.Open(path);
            return Query((uint)directory.Descriptor, CgroupIngress, Effective);
        }
        catch (LinuxException exception)
        {
            return -exception.Errno;
        }
    }

    /// <summary>
    /// Programs that choose the socket of new connections and datagrams in the calling thread's network namespace (BPF_SK_LOOKUP).
    /// </summary>
    /// <returns>How many; or the negative error number.</returns>
    public static int CountSocketLookups()
    {
        try
        {
            using var directory = ProcHandle.Open("/proc/thread-self/ns");
            var descriptor = directory.OpenRelative("net"u8);
            if (descriptor < 0)
            {
                return descriptor;
            }

            var count = Query((uint)descriptor, SocketLookup, 0);
            ProcHandle.Close(descriptor);
            return count;
        }
        catch (LinuxException exception)
        {
            return -exception.Errno;
        }
    }

    private static unsafe int Query(uint target, uint type, uint flags)
    {
        // With room for no ids the kernel still fills in their number (and says ENOSPC where there are some).
        var attributes = new bpf_attr_prog_query { target = target, attach_type = type, query_flags = flags };
        using var raised = RaisedCapabilities.ToUseBpf();
        if (Libc.bpf(Libc.SYS_bpf, ProgQuery, &attributes, (uint)sizeof(bpf_attr_prog_query)) < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            return errno == Errno.NoSpace ? (int)attributes.prog_cnt : -errno;
        }

        return (int)attributes.prog_cnt;
    }

    private const int ProgQuery = 16;

    /// <summary>What BPF_PROG_QUERY reads and writes of union bpf_attr (linux/bpf.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct bpf_attr_prog_query
    {
        internal uint target;
        internal uint attach_type;
        internal uint query_flags;
        internal uint attach_flags;
        internal ulong prog_ids;
        internal uint prog_cnt;
        internal uint pad;
        internal ulong prog_attach_flags;
        internal ulong link_ids;
        internal ulong link_attach_flags;
        internal ulong revision;
    }
}
