using Portolan.Linux;
using Portolan.Linux.Bpf;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Privilege;
using Portolan.Linux.Proc;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;

namespace Portolan.Sockets.Doctor;

/// <summary>Finds out what works here by trying it: each kind of socket, every process, the BPF iterator, every namespace.</summary>
/// <remarks>Nothing is changed and nothing is left behind.</remarks>
public static class EnvironmentProbe
{
    /// <summary>No socket has this inode, so a search for it looks at everything and finds nothing.</summary>
    private const uint NoSocket = 1;

    /// <summary>Processes come and go while they are looked at, and one that goes looks like one that hides. The best of so many looks counts.</summary>
    private const int Looks = 3;

    private static readonly SocketProtocol[] Kinds =
    [
        SocketProtocol.Tcp, SocketProtocol.Udp, SocketProtocol.UdpLite, SocketProtocol.Sctp, SocketProtocol.Dccp,
        SocketProtocol.Raw, SocketProtocol.Mptcp, SocketProtocol.Unix, SocketProtocol.Packet,
    ];

    /// <summary>Tries everything.</summary>
    public static EnvironmentFacts Read(ISocketSource sockets, KernelSettings settings, CancellationToken cancellationToken)
    {
        var processes = Processes(cancellationToken);
        var namespaces = Namespaces(sockets, cancellationToken);
        return new EnvironmentFacts
        {
            Kernel = FirstLine("/proc/sys/kernel/osrelease") ?? "unknown",
            UserId = Caller.EffectiveUser,
            Capabilities = CapabilitySet.Available,
            Grant = CapabilityGrant.ForThisProgram,
            Sockets = [.. Kinds.Select(kind => Access(sockets, kind, cancellationToken))],
            HiddenProcesses = processes.Hidden,
            VisibleProcesses = processes.Visible,
            IsFirstPidNamespace = processes.IsFirst,
            IsFirstUserNamespace = processes.IsFirstUser,
            HidePid = KernelFile.Text("/proc/self/mountinfo") is { } mounts ? ProcMount.HidePid(mounts, "/proc") : null,
            HasBtf = File.Exists("/sys/kernel/btf/vmlinux"),
            WhyNoIterator = TryIterator(cancellationToken),
            Namespaces = namespaces.Found,
            ReadableNamespaces = namespaces.Readable,
            NamespacesHiddenBy = namespaces.HiddenBy,
            Settings = settings,
            HasSystemd = KernelStopActions.IsSystemdRunning,
            Systemctl = KernelStopActions.Systemctl,
        };
    }

    private static SocketAccess Access(ISocketSource sockets, SocketProtocol kind, CancellationToken cancellationToken)
    {
        var wanted = (SocketProtocols)(1 << (int)kind);
        var snapshot = sockets.Read(new SocketQuery { Protocols = wanted }, cancellationToken);
        var sources = new List<string>();
        foreach (var note in snapshot.Sources)
        {
            if ((note.Protocols & wanted) != 0 && note.Source != SocketSourceNote.Absent)
            {
                sources.Add(note.Source);
            }
        }

        return sources.Count > 0
            ? new SocketAccess(kind, string.Join(", ", sources), null)
            : new SocketAccess(kind, null, snapshot.Missing.Count > 0 ? snapshot.Missing[0].Why : null);
    }

    private static (int? Hidden, int Visible, bool IsFirst, bool IsFirstUser) Processes(CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new ProcessReader();
            var pids = new List<int>();
            reader.Root.ListPids(pids);
            var finder = new OwnerFinder(reader, OwnerSource.Proc);
            var hidden = int.MaxValue;
            for (var look = 0; look < Looks && hidden > 0; look++)
            {
                hidden = Math.Min(hidden, finder.Find(new[] { NoSocket }, cancellationToken).HiddenProcesses);
            }

            return (hidden, pids.Count, PidNamespace.IsFirst(reader.Root), UserNamespace.IsFirst(reader.Root));
        }
        catch (LinuxException)
        {
            return (null, 0, false, false);
        }
    }

    private static string? TryIterator(CancellationToken cancellationToken)
    {
        try
        {
            SocketHolderIterator.Read(new InodeSet([NoSocket]), cancellationToken);
            return null;
        }
        catch (LinuxException e)
        {
            return e.Message;
        }
    }

    private static (int Found, int Readable, int HiddenBy) Namespaces(ISocketSource sockets, CancellationToken cancellationToken)
    {
        var best = (Found: int.MaxValue, Readable: 0, HiddenBy: int.MaxValue);
        for (var look = 0; look < Looks && (best.Readable < best.Found || best.HiddenBy > 0); look++)
        {
            var now = LookAtNamespaces(sockets, cancellationToken);
            best = now.HiddenBy + now.Found - now.Readable < (long)best.HiddenBy + best.Found - best.Readable ? now : best;
        }

        return best;
    }

    private static (int Found, int Readable, int HiddenBy) LookAtNamespaces(ISocketSource sockets, CancellationToken cancellationToken)
    {
        try
        {
            var found = NetworkNamespaceFinder.Find("/proc", cancellationToken);
            var query = new SocketQuery { AllNamespaces = true, Protocols = SocketProtocols.Tcp, States = 1u << (int)SocketState.Listen };
            var readable = sockets.Read(query, cancellationToken).Namespaces.Count;
            return (Math.Max(found.Namespaces.Count, readable), readable, found.HiddenProcesses);
        }
        catch (LinuxException)
        {
            return (1, 1, 0);
        }
    }

    private static string? FirstLine(string path) => KernelFile.Text(path)?.Split('\n')[0];
}
