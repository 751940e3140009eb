using Portolan.Firewall.Forwarding;
using Portolan.Linux;
using Portolan.Sockets.Doctor;

namespace Portolan.Reachability.Forwarding;

/// <summary>What a forward of the kernel that was killed has left: settings that it had changed.</summary>
public static class ForwardLeftovers
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
                    $"the table inet portolan_forward_settings {why}: it came from saved rules and is ignored, "
                        + "but its rules may drop packets forwarded by this host",
                    $"{Remedy}, and remove the table from the saved rules");
            }

            return ForwardSettings.Leftovers() is { Count: > 0 } left
                ? new(
                    "forward", FindingState.Limited,
                    $"a killed forward has left kernel settings changed: {Left(left, names)}", Remedy)
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

    /// <summary>Settings in words: <c>net.ipv4.ip_forward=1, …</c>; of many the first, and how many more there are.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="value">Which value of each.</param>
    /// <param name="most">How many are named at most.</param>
    /// <param name="how">What to say behind the number of the others.</param>
    public static string Settings(
        IReadOnlyList<HostSetting> settings, Func<HostSetting, string> value, int most = MostNamed, string how = "")
    {
        var changed = settings.Where(s => s.Before != s.During).Select(s => $"{s.SysctlName}={value(s)}").ToList();
        return changed.Count <= most
            ? string.Join(", ", changed)
            : $"{string.Join(", ", changed.Take(most - 1))} and {changed.Count - most + 1} more{how}";
    }

    private static string Left(IReadOnlyList<HostSetting> left, bool names) =>
        Settings(left, s => s.During, names ? int.MaxValue : MostNamed, " (-v lists them)");
}
