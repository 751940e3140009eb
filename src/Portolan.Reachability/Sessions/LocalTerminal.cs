using System.Globalization;
using Portolan.Sockets.Owners;

namespace Portolan.Reachability.Sessions;

/// <summary>Whether a caller to whom no connection leads is at the machine itself.</summary>
/// <remarks>
/// A pseudo-terminal says nothing: anything may be behind it. Behind that of sudo is the terminal that sudo was run on. Else it counts as a
/// console only where nobody can be here from another machine: no connection comes in, no parent holds a socket of another kind that a
/// shell may be reached by, and no parent was started by ssh.
/// </remarks>
internal static class LocalTerminal
{
    /// <summary>They run a command on a pseudo-terminal of its own, for whoever is at theirs.</summary>
    private static readonly string[] Relays = ["sudo", "su", "runuser", "doas"];

    /// <summary>What ssh tells whatever it starts.</summary>
    private static readonly string[] SshVariables = ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"];

    /// <summary>The console's name; <c>null</c> for none.</summary>
    /// <param name="chain">The process and all its ancestors.</param>
    public static string? Console(IReadOnlyList<ProcessInfo> chain)
    {
        var terminal = chain[0].TerminalDevice;
        foreach (var process in chain)
        {
            if (process.TerminalDevice != terminal)
            {
                if (!Relays.Contains(process.Name, StringComparer.Ordinal))
                {
                    return null;
                }

                terminal = process.TerminalDevice;
            }

            if (TerminalDevice.ConsoleName(terminal) is { } name)
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>
    /// The pseudo-terminal of somebody who cannot be here from another machine; <c>null</c> where that is not sure. No connection may come
    /// in.
    /// </summary>
    /// <param name="chain">The process and all its ancestors.</param>
    /// <param name="processes">The processes.</param>
    /// <param name="sockets">Inodes of all connections that leave or reach this machine, and of its datagram sockets.</param>
    public static string? Unreachable(IReadOnlyList<ProcessInfo> chain, ProcessReader processes, ReadOnlySpan<uint> sockets)
    {
        if (TerminalDevice.PseudoTerminalNumber(chain[0].TerminalDevice) is not { } number)
        {
            return null;
        }

        foreach (var process in chain)
        {
            // The first process holds sockets for others, and runs no shell.
            if (processes.HasAnyVariable(process.Pid, SshVariables) != false
                || (process.Pid != 1 && processes.HeldBy(process.Pid, sockets) is not []))
            {
                return null;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"pts/{number}");
    }
}
