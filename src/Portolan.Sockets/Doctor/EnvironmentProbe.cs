using Portolan.Linux;
using Portolan.Linux.Bpf;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Privilege;
using Portolan.Linux.Proc;
using Portolan.Sockets.Filtering.Pushdown;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;

namespace Portolan.Sockets.Doctor;

/// <summary>Finds out what works here by trying it: each kind of socket, every process, the BPF iterator, every namespace.</summary>
/// <remarks>Nothing is changed and nothing is left behind.</remarks>
public static class EnvironmentProbe
{
    /// <summary>No socket has this inode, so a search for it looks at everything and finds nothing.</summary>
    private const uint NoSocket = 1;

    /// <summary>
    /// Namespaces come and go while they are looked at, and one that goes looks like one that is closed. The best of so many looks counts.
    /// </summary>
    private const int Looks = 3;

    private static readonly SocketProtocol[] Kinds =
    [
        SocketProtocol.Tcp, SocketProtocol.Udp, SocketProtocol.UdpLite, SocketProtocol.Sctp, SocketProtocol.Dccp,
        SocketProtocol.Raw, SocketProtocol.Mptcp, SocketProtocol.Unix, SocketProtocol.Packet,
    ];

    /// <summary>Tries everything.</summary>
    public static EnvironmentFacts Read(ISocketSource sockets, KernelSettings settings, CancellationToken cancellationToken)
    {
        var processes = Processes();
        var namespaces = Namespaces(cancellationToken);
        return new EnvironmentFacts
        {
            Kernel = FirstLine("/proc/sys/kernel/osrelease") ?? "unknown",
            UserId = EffectiveUser.Id,
            Capabilities = CapabilitySet.Available,
            Grant = CapabilityGrant.ForThisProgram,
            Sockets = [.. Kinds.Select(kind => Access(sockets, kind, cancellationToken))],
            HiddenProcesses = processes.Hidden,
            VisibleProcesses = processes.Visible,
            IsFirstPidNamespace = processes.IsFirst,
            IsFirstUserNamespace = processes.IsFirstUser,
            HidePid = KernelFile.Text("/proc/self/mountinfo") is { } mounts ? ProcMount.HidePid(mounts, "/proc") : null,
            HasBtf = File.Exists("/sys/kernel/btf/vmlinux"),
            HasSysfs = Directory.Exists("/sys/kernel"),
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
        // Whether they can be read, not which there are: states that few are in, and a filter that lets none through.
        var wanted = (SocketProtocols)(1 << (int)kind);
        var query = new SocketQuery
        {
            Protocols = wanted,
            States = (1u << (int)SocketState.Listen) | (1u << (int)SocketState.Unconnected),
            Bytecode = BytecodeWriter.Nothing,
        };
        var snapshot = sockets.Read(query, cancellationToken);
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

    /// <summary>No descriptor is looked at: whether a process may be looked into is one question, however many files it has open.</summary>
    private static (int? Hidden, int Visible, bool IsFirst, bool IsFirstUser) Processes()
    {
        try
        {
            using var reader = new ProcessReader();
            var (visible, hidden) = ProcVisibility.Count(reader.Root);
            return (hidden, visible, PidNamespace.IsFirst(reader.Root), UserNamespace.IsFirst(reader.Root));
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

    private static (int Found, int Readable, int HiddenBy) Namespaces(CancellationToken cancellationToken)
    {
        var best = (Found: int.MaxValue, Readable: 0, HiddenBy: int.MaxValue);
        for (var look = 0; look < Looks && (best.Readable < best.Found || best.HiddenBy > 0); look++)
        {
            var now = LookAtNamespaces(cancellationToken);
            best = now.HiddenBy + now.Found - now.Readable < (long)best.HiddenBy + best.Found - best.Readable ? now : best;
        }

        return best;
    }

    private static (int Found, int Readable, int HiddenBy) LookAtNamespaces(CancellationToken cancellationToken)
    {
        try
        {
            var found = NetworkNamespaceFinder.Find("/proc", cancellationToken, inhabitedOnly: true);

            // The first is the own one. What lives in another shows that one's sockets to anyone; without it a program must enter.
            var readable = 1 + found.Namespaces.Skip(1).Count(space => space.Pid != 0 || CanEnter(space.Path));
            return (found.Namespaces.Count, readable, found.HiddenProcesses);
        }
        catch (LinuxException)
        {
            return (1, 1, 0);
        }
    }

    private static bool CanEnter(string? path)
    {
        try
        {
            if (path is not null)
            {
                NetworkNamespaceThread.Run(path, static () => { });
            }

            return path is not null;
        }
        catch (NetworkNamespaceException)
        {
            return false;
        }
    }

    private static string? FirstLine(string path) => KernelFile.Text(path)?.Split('\n')[0];
}
