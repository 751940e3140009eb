using System.Globalization;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Netlink;
using Portolan.Linux.Proc;

namespace Portolan.Sockets.Acquire;

/// <summary>Reads every network namespace, one after the other, each on a thread that enters it and then ends.</summary>
/// <remarks>
/// Without the privilege to enter, the /proc/PID/net of a process in the namespace is read instead, which anyone may. Only a namespace
/// without a visible process is then out of reach; those are counted as missing.
/// </remarks>
internal sealed class AllNamespacesReader(
    SnapshotBuilder output,
    SocketQuery query,
    Func<NetlinkFamily, INetlinkChannel> open,
    string procRoot,
    CancellationToken cancellationToken)
{
    private int _unreachable;
    private int _errno;

    internal void Read()
    {
        FoundNamespaces found;
        try
        {
            if (!ProcMount.IsThere(procRoot))
            {
                output.AddMissing(
                    new MissingFact(MissingFactCode.NamespacesUnlisted, "other network namespaces", ProcMount.NotMounted));
            }

            found = NetworkNamespaceFinder.Find(procRoot, cancellationToken, query.InhabitedNamespacesOnly);
        }
        catch (LinuxException exception)
        {
            found = new FoundNamespaces([new FoundNamespace()], 0);
            if (ProcMount.IsThere(procRoot))
            {
                output.AddMissing(
                    new MissingFact(MissingFactCode.NamespacesUnlisted, "other network namespaces", exception.Message));
            }
        }

        // The finder puts the caller's own first, which needs no entering.
        ReadInside(found.Namespaces[0], isOwn: true);
        for (var index = 1; index < found.Namespaces.Count; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOther(found.Namespaces[index]);
        }

        if (_unreachable > 0)
        {
            output.AddMissing(new MissingFact(
                MissingFactCode.NamespacesClosed,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the sockets of {_unreachable} other network {(_unreachable == 1 ? "namespace" : "namespaces")}"),
                $"{new LinuxException(_errno, "enter a network namespace").Message}; that needs CAP_SYS_ADMIN: run with sudo"));
        }

        if (found.HiddenProcesses > 0)
        {
            output.AddMissing(new MissingFact(
                MissingFactCode.NamespacesOfHiddenProcesses,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the network namespaces of {found.HiddenProcesses} {(found.HiddenProcesses == 1 ? "process" : "processes")}"),
                "/proc hides other users' processes (hidepid): run with sudo"));
        }
    }

    private void ReadOther(FoundNamespace space)
    {
        var errno = Errno.AccessDenied;
        if (space.Path is { } path)
        {
            try
            {
                NetworkNamespaceThread.Run(path, () => ReadInside(space, isOwn: false));
                return;
            }
            catch (NetworkNamespaceException exception)
            {
                errno = exception.Errno;
                if (errno == Errno.NoEntry)
                {
                    return; // its last process ended meanwhile, and it with it
                }
            }
        }

        if (query.EnterableNamespacesOnly)
        {
            return;
        }

        if (space.Pid != 0)
        {
            ReadFromOutside(space);
        }
        else
        {
            _unreachable++;
            _errno = errno;
        }
    }

    /// <summary>Reads on a thread that is in the namespace.</summary>
    private void ReadInside(FoundNamespace space, bool isOwn) => Read(space, isOwn, open, Path.Combine(procRoot, "thread-self/net"));

    /// <summary>
    /// Reads the files of a process in the namespace. Netlink would answer for this namespace instead, so it is not asked.
    /// </summary>
    private void ReadFromOutside(FoundNamespace space) => Read(
        space,
        isOwn: false,
        _ => throw new LinuxException(Errno.NotPermitted, "ask another network namespace"),
        Path.Combine(procRoot, space.Pid.ToString(CultureInfo.InvariantCulture), "net"));

    private void Read(FoundNamespace space, bool isOwn, Func<NetlinkFamily, INetlinkChannel> openInside, string procNet)
    {
        var index = output.Namespaces.Count;
        output.Namespaces.Add(new NetworkNamespace(space.Inode, space.Name, space.Pid, isOwn) { Path = space.Path });
        using var context = new ReadContext(output, query, openInside, procNet, index, cancellationToken);
        NamespaceReader.Read(context);
    }
}
