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
                context.Error.WriteLine(TerminalText.Escape($"portolan: the table inet portolan_forward_settings {why}: it came with saved rules, and what it says was not carried out. It is removed; take it out of the saved rules"));
            }

            var restored = ForwardSettings.RestoreLeftovers();
            if (restored.Count > 0)
            {
                context.Error.WriteLine(
                    $"portolan: a forward that was killed had left settings changed; they are as before: {TerminalText.Escape(ForwardLeftovers.Settings(restored, s => s.Before))}");
            }

            return why is not null || restored.Count > 0;
        }
        catch (LinuxException exception) when (isAsked)
        {
            throw exception.Errno is Errno.NotPermitted or Errno.AccessDenied
                ? new PortolanException(
                    "what a killed forward left cannot be seen: that takes CAP_NET_ADMIN", $"run it with sudo", ExitCode.NoPrivilege,
                    exception)
                : new PortolanException(
                    exception.Message, $"look at it with nft list table inet portolan_forward_settings", ExitCode.Failed, exception);
        }
        catch (Exception exception) when (!isAsked && exception is LinuxException or PortolanException)
        {
            // A relay needs none of it, and rules of the kernel say themselves what is wrong.
            return false;
        }
    }
}
