using System.Globalization;
using Portolan.Linux;
using Portolan.Linux.Proc;

namespace Portolan.Sockets.Owners;

/// <summary>
/// Podman's own program, which runs as the user whose containers are meant: Podman needs no daemon, and most users start none.
/// </summary>
/// <remarks>
/// Root runs it for another user in a session of its own, as that user and with nothing of root's environment, so that it can neither act
/// for root nor type into root's terminal.
/// </remarks>
internal static class PodmanProgram
{
    private static readonly string[] Places = ["/usr/bin/podman", "/usr/local/bin/podman"];
    private const string SetPrivileges = "/usr/bin/setpriv";
    private const string NewSession = "/usr/bin/setsid";
    private const string WithVariables = "/usr/bin/env";

    /// <summary>Where it is, or <c>null</c>.</summary>
    internal static string? Path => Array.Find(Places, File.Exists);

    /// <summary>Runs it; <c>null</c> where it cannot be run for that user.</summary>
    /// <param name="user">Whose containers are meant.</param>
    /// <param name="words">Its arguments.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="trouble">Why it cannot be run.</param>
    internal static ProgramResult? Run(
        uint user, IReadOnlyList<string> words, TimeSpan timeout, CancellationToken cancellationToken, out EngineTrouble trouble)
    {
        trouble = EngineTrouble.NotHere;
        if (Path is not { } podman)
        {
            return null;
        }

        var caller = Caller.EffectiveUser;
        trouble = EngineTrouble.NoPermission;
        if (caller != user && caller != 0)
        {
            return null;
        }

        trouble = EngineTrouble.NoAnswer;
        try
        {
            if (caller == user)
            {
                return ProgramRunner.Run(podman, words, timeout, cancellationToken);
            }

            if (!File.Exists(SetPrivileges) || !File.Exists(NewSession) || UserNames.GroupOf(user) is not { } group)
            {
                return null;
            }

            var id = user.ToString(CultureInfo.InvariantCulture);
            return ProgramRunner.Run(
                NewSession,
                [
                    "--wait", SetPrivileges, $"--reuid={id}", $"--regid={group.ToString(CultureInfo.InvariantCulture)}", "--init-groups",
                    "--inh-caps=-all", "--reset-env",
                    WithVariables, $"XDG_RUNTIME_DIR=/run/user/{id}", $"DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/{id}/bus", podman,
                    .. words,
                ],
                timeout,
                cancellationToken);
        }
        catch (PortolanException)
        {
            // Too slow, or it cannot be run.
            return null;
        }
    }
}
