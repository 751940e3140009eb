using System.Globalization;
using Portolan.Linux;
using Portolan.Linux.Proc;

namespace Portolan.Sockets.Owners;

/// <summary>Runs a program as a user whose own manager or engine it is to ask.</summary>
/// <remarks>
/// Root runs it for another user in a session of its own, as that user and with nothing of root's environment, so that it can neither act
/// for root nor type into root's terminal.
/// </remarks>
internal static class UserProgram
{
    private const string SetPrivileges = "/usr/bin/setpriv";
    private const string NewSession = "/usr/bin/setsid";
    private const string WithVariables = "/usr/bin/env";

    /// <summary>Whether the caller may act as a user: it is that user, or root.</summary>
    internal static bool MayActAs(uint user) => EffectiveUser.Id == user || EffectiveUser.Id == 0;

    /// <summary>Runs it; <c>null</c> where it cannot be run for that user.</summary>
    /// <param name="user">As whom.</param>
    /// <param name="program">Its absolute path.</param>
    /// <param name="words">Its arguments.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static ProgramResult? Run(
        uint user, string program, IReadOnlyList<string> words, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!MayActAs(user))
        {
            return null;
        }

        try
        {
            if (EffectiveUser.Id == user)
            {
                return ProgramRunner.Run(program, words, timeout, cancellationToken);
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
                    WithVariables, $"XDG_RUNTIME_DIR=/run/user/{id}", $"DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/{id}/bus", program,
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
