using Portolan.Firewall.Forwarding;

namespace Portolan.Cli.Forwarding;

/// <summary>Settings of the kernel for people: the same setting of many interfaces is one line.</summary>
internal static class SettingLines
{
    /// <summary>Of so many interfaces or fewer each has its line.</summary>
    private const int MostApart = 4;

    /// <summary>Those that change, put together: what they are called, and one that stands for all.</summary>
    public static IEnumerable<(string Name, HostSetting Setting)> Of(IEnumerable<HostSetting> settings)
    {
        var changed = settings.Where(static s => s.Before != s.During).ToList();
        foreach (var group in changed.GroupBy(static s => (Shape(s), s.Before, s.During)))
        {
            var members = group.ToList();
            if (members.Count <= MostApart)
            {
                foreach (var one in members)
                {
                    yield return (TerminalText.Escape(one.SysctlName), one);
                }
            }
            else
            {
                var named = string.Join(", ", members.Take(MostApart - 1).Select(static s => TerminalText.Escape(s.Name.Split('/')[^2])));
                yield return ($"{group.Key.Item1} of {members.Count} interfaces ({named} and {members.Count - MostApart + 1} more)",
                    members[0]);
            }
        }
    }

    /// <summary><c>net.ipv4.conf.*.forwarding</c> for a setting of an interface.</summary>
    private static string Shape(HostSetting setting)
    {
        var words = setting.Name.Split('/');
        if (setting.Interface != 0)
        {
            words[^2] = "*";
        }

        return string.Join('.', words);
    }
}
