using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Sockets.Acquire.ProcNet;

namespace Portolan.Sockets.Acquire;

/// <summary>One read of one network namespace: what is asked, the two sources, and the notes on how each went.</summary>
internal sealed class ReadContext(
    SnapshotBuilder output, SocketQuery query, Func<NetlinkFamily, INetlinkChannel> open, string procNet, int namespaceIndex,
    CancellationToken cancellationToken) : IDisposable
{
    private readonly DiagnosticsSession _session = new(() => open(NetlinkFamily.SocketDiagnostics));
    private ProcNetFile? _procFile;

    /// <summary>What is asked.</summary>
    internal SocketQuery Query => query;

    /// <summary>The running kernel's version.</summary>
    internal Version KernelVersion => field ??= Environment.OSVersion.Version;

    /// <summary>Where entries go.</summary>
    internal SocketTable Table => output.Table;

    /// <summary>Position of the first entry of this read.</summary>
    internal int FirstEntry { get; } = output.Table.Count;

    /// <summary>What entries carry as their namespace.</summary>
    internal int NamespaceIndex => namespaceIndex;

    /// <summary>Runs a dump.</summary>
    /// <returns>0, or the error number with which the kernel refused; then nothing was added.</returns>
    internal int Dump(SocketProtocol protocol, byte[] request, IDiagnosticsDecoder decoder)
    {
        var result = _session.Dump(request, decoder, Table, cancellationToken);
        if (result.Status == NetlinkDumpStatus.Refused)
        {
            return result.Errno;
        }

        output.AddSource(protocol, "netlink");
        if (result.Status == NetlinkDumpStatus.Interrupted)
        {
            AddMissing(
                MissingFactCode.SocketsTorn, protocol, $"some {protocol.Name()} sockets, or some are listed twice",
                $"the kernel's table changed during each of {DiagnosticsSession.MaxAttempts} reads; run again");
        }
        else if (result.Status != NetlinkDumpStatus.Complete)
        {
            AddMissing(
                MissingFactCode.SocketsCutOff, protocol, $"some {protocol.Name()} sockets",
                $"the kernel's answer broke off {DiagnosticsSession.MaxAttempts} times ({Reason(result)}); run again");
        }

        if (decoder.Malformed > 0)
        {
            AddMissing(
                MissingFactCode.SocketsNotUnderstood, protocol, $"some {protocol.Name()} sockets",
                "the kernel described them in a format unknown to this version of Portolan");
        }

        return 0;
    }

    /// <summary>Reads a file below /proc/net.</summary>
    /// <returns>Whether it was read to its end; if not, nothing was added.</returns>
    internal bool ReadFile(SocketProtocol protocol, string file, ProcNetParser parser)
    {
        _procFile ??= new ProcNetFile();
        var mark = Table.Mark();
        if (_procFile.ReadLines(Path.Combine(procNet, file), parser, cancellationToken) != ProcNetReadResult.Read)
        {
            Table.Rollback(mark);
            return false;
        }

        output.AddSource(protocol, "/proc/net/" + file);
        if (parser.Malformed > 0)
        {
            AddMissing(
                MissingFactCode.SocketsNotUnderstood, protocol, $"some {protocol.Name()} sockets",
                $"/proc/net/{file} describes them in a format unknown to this version of Portolan");
        }

        return true;
    }

    /// <summary>
    /// Neither source has the protocol. If /proc/net/protocols does not name it or counts no socket of it, nothing is missing; otherwise it
    /// is, and the snapshot says so.
    /// </summary>
    internal void ExplainAbsence(SocketProtocol protocol, string kernelName, int errno)
    {
        byte[] protocols;
        try
        {
            protocols = File.ReadAllBytes(Path.Combine(procNet, "protocols"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            AddUnreadable(protocol, errno);
            return;
        }

        // A count of -1 says that the kernel does not count them.
        if (!ProcNetProtocols.TryFind(protocols, kernelName, out var sockets) || sockets == 0)
        {
            output.AddSource(protocol, SocketSourceNote.Absent);
        }
        else
        {
            AddUnreadable(protocol, errno);
        }
    }

    /// <summary>Learns the names of interfaces, but only when a socket read here is bound to one.</summary>
    internal void NameInterfaces()
    {
        for (var index = FirstEntry; index < Table.Count; index++)
        {
            if (Table[index].InterfaceIndex != 0)
            {
                ReadInterfaceNames();
                return;
            }
        }
    }

    /// <summary>Notes a gap in the sockets of a protocol in this namespace.</summary>
    internal void AddMissing(MissingFactCode code, SocketProtocol protocol, string what, string why) => output.AddMissing(
        new MissingFact(code, what, why)
        {
            Protocol = protocol,
            Namespace = output.Namespaces[namespaceIndex] is { IsOwn: false } other ? other : null,
        });

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private void ReadInterfaceNames()
    {
        try
        {
            using var channel = open(NetlinkFamily.Route);
            LinkRequests.ReadNames(channel, (index, name) => output.Interfaces.Add(namespaceIndex, index, name), cancellationToken);
        }
        catch (LinuxException)
        {
            // Names are a convenience: numbers are shown instead.
        }
    }

    private void AddUnreadable(SocketProtocol protocol, int errno)
    {
        var refusal = new LinuxException(errno, "netlink refuses").Message;
        AddMissing(
            MissingFactCode.SocketsUnread, protocol, $"{protocol.Name()} sockets",
            Directory.Exists(procNet)
                ? $"{refusal}, and /proc/net has no readable table; loading the module {protocol.Name()}_diag may help"
                : $"{refusal}, and without /proc/net it is unknown whether this kernel has any");
    }

    private static string Reason(NetlinkDumpResult result) => result.Status switch
    {
        NetlinkDumpStatus.Overrun => "ENOBUFS",
        NetlinkDumpStatus.Truncated => "truncated message",
        NetlinkDumpStatus.Malformed => "malformed message",
        _ => $"error {result.Errno}",
    };
}

/// <summary>A visitor that counts what it could not read.</summary>
internal interface IDiagnosticsDecoder : INetlinkVisitor
{
    /// <summary>Messages that were too short or of another family.</summary>
    int Malformed { get; }
}
