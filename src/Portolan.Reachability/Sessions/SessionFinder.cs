using Portolan.Firewall.Changing;
using Portolan.Sockets;
using Portolan.Sockets.Owners;

namespace Portolan.Reachability.Sessions;

/// <summary>
/// Finds the connection over which a process is run: the nearest of its parents that holds a connection somebody made to this machine.
/// </summary>
/// <remarks>
/// sshd, and whatever else gives a shell over the network, holds the connection's socket while what it started runs below it. A multiplexed
/// ssh gives every command the same socket. A terminal multiplexer (tmux, screen) has no parent session: then nothing is known.
/// </remarks>
public static class SessionFinder
{
    private const SocketProtocols Streams = SocketProtocols.Tcp | SocketProtocols.Mptcp;

    /// <summary>Looks for the connection through which the caller works on this machine.</summary>
    /// <param name="sockets">The sockets of the caller's namespace.</param>
    /// <param name="processes">The processes.</param>
    /// <param name="pid">The process whose session is looked for.</param>
    /// <param name="sshConnection">SSH_CONNECTION of the environment: <c>client port server port</c>; or <c>null</c>.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public static CallerSession Find(
        ISocketSource sockets, ProcessReader processes, int pid, string? sshConnection, CancellationToken cancellationToken)
    {
        var connections = Read(sockets, cancellationToken);
        var inodes = connections.Keys.ToArray();
        var chain = processes.ReadAncestry(pid, ProcessFields.StartedAt);
        var isHidden = false;
        foreach (var process in chain)
        {
            var held = processes.HeldBy(process.Pid, inodes);
            isHidden |= held is null;
            var own = held?.Select(inode => connections[inode])
                .Where(c => c.IsIncoming || process.Name.StartsWith("sshd", StringComparison.Ordinal)).ToList() ?? [];
            if (own.Count == 1)
            {
                return Found(own[0].Origin, process, chain, processes);
            }

            if (own.Count > 1)
            {
                return new CallerSession(ChangeOrigin.Unknown)
                {
                    WhyUnknown = $"{process.ShownName} (pid {process.Pid}) holds {own.Count} connections; any of them may be yours",
                    Connections = [.. own.Select(c => c.Origin)],
                };
            }
        }

        if (!isHidden && chain is [.., { ParentPid: 0 }] && (LocalTerminal.Console(chain) ?? Unreachable()) is { } console)
        {
            return new CallerSession(new ChangeOrigin(ChangeOriginKind.Console) { Terminal = console });
        }

        return new CallerSession(ChangeOrigin.Unknown)
        {
            WhyUnknown = isHidden
                ? "a parent process is hidden from this user"
                : chain.Count > 0 && chain[0].TerminalDevice != 0
                    ? "no parent process holds a connection, as in tmux, screen or a terminal window"
                    : "no parent process holds a connection, and there is no terminal",
            Connections = FromEnvironment(sshConnection) is { } origin ? [origin] : [],
        };

        string? Unreachable() => sshConnection is null && !connections.Values.Any(c => c.IsIncoming && IsFromElsewhere(c.Origin))
            ? LocalTerminal.Unreachable(
                chain, processes,
                [.. connections.Where(c => IsFromElsewhere(c.Value.Origin)).Select(c => c.Key),
                    .. DatagramSockets(sockets, cancellationToken)])
            : null;
    }

    private static bool IsFromElsewhere(ChangeOrigin connection) =>
        !connection.RemoteAddress.IsLoopback && connection.RemoteAddress != connection.LocalAddress;

    private static IEnumerable<uint> DatagramSockets(ISocketSource sockets, CancellationToken cancellationToken)
    {
        var table = sockets.Read(new SocketQuery { Protocols = SocketProtocols.Udp }, cancellationToken).Sockets;
        for (var index = 0; index < table.Count; index++)
        {
            if (table[index].Inode != 0 && !table[index].LocalAddress.IsLoopback)
            {
                yield return table[index].Inode;
            }
        }
    }

    private static CallerSession Found(ChangeOrigin origin, ProcessInfo holder, IReadOnlyList<ProcessInfo> chain, ProcessReader processes)
    {
        // The outermost holder is the process that took the connection; sshd hands the socket on to one that runs as the user.
        var outermost = chain.Where(p => p.StartTicks <= holder.StartTicks).LastOrDefault(p => processes.Holds(p.Pid, [origin.Inode]))
            ?? holder;
        return new CallerSession(origin) { StartedAt = outermost.StartedAt, Program = holder.ShownName, Connections = [origin] };
    }

    private static Dictionary<uint, (ChangeOrigin Origin, bool IsIncoming)> Read(ISocketSource sockets, CancellationToken cancellationToken)
    {
        const uint States = (1u << (int)SocketState.Established) | (1u << (int)SocketState.CloseWait) | (1u << (int)SocketState.FinWait1)
            | (1u << (int)SocketState.FinWait2) | (1u << (int)SocketState.Listen);
        var table = sockets.Read(new SocketQuery { Protocols = Streams, States = States, TcpDetails = true }, cancellationToken).Sockets;
        var listening = new HashSet<ushort>();
        for (var index = 0; index < table.Count; index++)
        {
            if (table[index].State == SocketState.Listen)
            {
                listening.Add(table[index].LocalPort);
            }
        }

        var found = new Dictionary<uint, (ChangeOrigin, bool)>();
        for (var index = 0; index < table.Count; index++)
        {
            ref readonly var entry = ref table[index];
            if (entry.State != SocketState.Listen && entry.Inode != 0)
            {
                found[entry.Inode] = (Origin(in entry), listening.Contains(entry.LocalPort));
            }
        }

        return found;
    }

    private static ChangeOrigin Origin(in SocketEntry entry) => new(ChangeOriginKind.Network)
    {
        Cookie = entry.Cookie,
        Inode = entry.Inode,
        LocalAddress = entry.LocalAddress.Unmap(),
        LocalPort = entry.LocalPort,
        RemoteAddress = entry.RemoteAddress.Unmap(),
        RemotePort = entry.RemotePort,
    };

    private static ChangeOrigin? FromEnvironment(string? text) =>
        text?.Split(' ') is [var client, var clientPort, var server, var serverPort]
        && InternetAddress.TryParse(client.Split('%')[0], out var remote)
        && InternetAddress.TryParse(server.Split('%')[0], out var local)
        && PortNumber.TryParse(clientPort, out var remotePort)
        && PortNumber.TryParse(serverPort, out var localPort)
            ? new ChangeOrigin(ChangeOriginKind.Network)
            {
                LocalAddress = local.Unmap(),
                LocalPort = localPort.Value,
                RemoteAddress = remote.Unmap(),
                RemotePort = remotePort.Value,
            }
            : null;
}
