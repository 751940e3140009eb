using Portolan.Cli.Hosting;
using Portolan.Firewall.Forwarding;
using Portolan.Linux;
using Portolan.Linux.Privilege;
using Portolan.Model;
using Portolan.Reachability.Forwarding;

namespace Portolan.Cli.Forwarding;

/// <summary>Changes back what a forward of the kernel that was killed has left.</summary>
internal static class ForwardRestore
{
    /// <summary>Changes the settings back, and says so.</summary>
    /// <param name="context">Where to say it.</param>
    /// <param name="isAsked">Whether that is what was asked for: then failures are errors, and that there was nothing is said too.</param>
    /// <returns>Whether there was anything.</returns>
    /// <exception cref="PortolanException">It cannot be done.</exception>
    public static bool Run(CommandContext context, bool isAsked)
    {
        if (!isAsked && !CapabilitySet.Available.Has(Capability.NetAdmin))
        {
            return false;
        }

        try
        {
            var why = ForwardSettings.RemoveForeign();
            if (why is not null)
            {
                context.Error.WriteLine(TerminalText.Escape($"portolan: the table inet portolan_forward_settings {why}: it came from "
                    + $"saved rules and was not applied. It is removed now; remove it from the saved rules too"));
            }

            var restored = ForwardSettings.RestoreLeftovers();
            if (restored.Count > 0)
            {
                context.Error.WriteLine(
                    $"portolan: a killed forward had left settings changed; they are restored: "
                        + $"{TerminalText.Escape(ForwardLeftovers.Settings(restored, s => s.Before))}");
            }

            return why is not null || restored.Count > 0;
        }
        catch (LinuxException exception) when (isAsked)
        {
            throw exception.Errno is Errno.NotPermitted or Errno.AccessDenied
                ? new PortolanException(
                    "settings left by a killed forward are not visible without CAP_NET_ADMIN", $"run it with sudo", ExitCode.NoPrivilege,
                    exception)
                : new PortolanException(
                    exception.Message, $"nft list table inet portolan_forward_settings shows it", ExitCode.Failed, exception);
        }
        catch (Exception exception) when (!isAsked && exception is LinuxException or PortolanException)
        {
            // A relay needs none of it, and rules of the kernel say themselves what is wrong.
            return false;
        }
    }
}
