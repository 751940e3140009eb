using Portolan.Cli.Hosting;
using Portolan.Firewall.Forwarding;
using Portolan.Linux;
using Portolan.Linux.Privilege;
using Portolan.Model;
using Portolan.Sockets.Doctor;

namespace Portolan.Cli.Forwarding;

/// <summary>What a forward of the kernel that was killed has left: settings that it had changed.</summary>
internal static class ForwardLeftovers
{
    /// <summary>A host with many interfaces has a setting for each.</summary>
    internal const int MostNamed = 4;

    private static readonly Advice Remedy = $"sudo portolan forward --restore";

    /// <summary>What the doctor says of them; <c>null</c> when there are none, or this user may not see them.</summary>
    /// <param name="names">Whether every setting is named, however many there are.</param>
    public static Finding? Find(bool names)
    {
        try
        {
            if (ForwardSettings.WhyForeign() is { } why)
            {
                return new(
                    "forward", FindingState.Limited,
                    $"the table inet portolan_forward_settings {why}: it came with saved rules and is not obeyed, and its rules may drop what passes through this host", $"{Remedy}, and take the table out of the saved rules");
            }

            return ForwardSettings.Leftovers() is { Count: > 0 } left
                ? new(
                    "forward", FindingState.Limited,
                    $"a forward that was killed has left settings of the kernel changed: {Left(left, names)}", Remedy)
                : null;
        }
        catch (PortolanException exception)
        {
            return new("forward", FindingState.Limited, exception.Message, exception.Hint);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <summary>Changes them back, and says so.</summary>
    /// <param name="context">Where to say it.</param>
    /// <param name="isAsked">Whether that is what was asked for: then failures are errors, and that there was nothing is said too.</param>
    /// <returns>Whether there was anything.</returns>
    /// <exception cref="PortolanException">It cannot be done.</exception>
    public static bool Restore(CommandContext context, bool isAsked)
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
                    $"portolan: a forward that was killed had left settings changed; they are as before: {TerminalText.Escape(Settings(restored, s => s.Before))}");
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

    private static string Left(IReadOnlyList<HostSetting> left, bool names) =>
        Settings(left, s => s.During, names ? int.MaxValue : MostNamed, " (-v lists them)");

    internal static string Settings(IReadOnlyList<HostSetting> settings, Func<HostSetting, string> value, int most = MostNamed, string how = "")
    {
        var changed = settings.Where(s => s.Before != s.During).Select(s => $"{s.SysctlName}={value(s)}").ToList();
        return changed.Count <= most
            ? string.Join(", ", changed)
            : $"{string.Join(", ", changed.Take(most - 1))} and {changed.Count - most + 1} more{how}";
    }
}
