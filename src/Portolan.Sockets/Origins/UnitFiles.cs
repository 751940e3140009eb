using Portolan.Linux;

namespace Portolan.Sockets.Origins;

/// <summary>
/// What unit files of systemd say (systemd.unit(5)): where a unit is, its settings with drop-ins, what wants it at boot, the timer that
/// starts it. systemd's bus is not asked: so it works without a running systemd, and for every user.
/// </summary>
/// <param name="paths">The folders of units, the more important first.</param>
public sealed class UnitFiles(IReadOnlyList<string> paths)
{
    /// <summary>Longer files are not read.</summary>
    private const int LongestFile = 256 * 1024;

    /// <summary>More timers are not looked at.</summary>
    private const int MostTimers = 500;

    private static readonly string[] Times =
        ["OnCalendar", "OnUnitActiveSec", "OnUnitInactiveSec", "OnBootSec", "OnStartupSec", "OnActiveSec"];

    /// <summary>The units of the system.</summary>
    public static IReadOnlyList<string> SystemPaths { get; } =
    [
        "/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator", "/run/systemd/transient", "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system", "/lib/systemd/system",
    ];

    /// <summary>The units of users that the system ships.</summary>
    public static IReadOnlyList<string> UserPaths { get; } =
    [
        "/etc/systemd/user", "/run/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user",
    ];

    /// <summary>The file of a unit, of its template where it is an instance; <c>null</c> where there is none.</summary>
    public string? Find(string unit) =>
        Names(unit).SelectMany(name => paths.Select(path => Path.Combine(path, name))).FirstOrDefault(File.Exists);

    /// <summary>What a setting of a unit says, the last file that names it first; <c>null</c> where none does.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="setting">Such as <c>Restart</c>.</param>
    public string? Setting(string unit, string setting)
    {
        string? value = null;
        foreach (var file in Files(unit))
        {
            value = Last(SmallFile.Text(file, LongestFile) ?? "", setting) ?? value;
        }

        return value is { Length: > 0 } ? value : null;
    }

    /// <summary>The target that starts a unit at boot, such as <c>multi-user.target</c>, with the link that says so.</summary>
    public (string Target, string Link)? WantedBy(string unit)
    {
        foreach (var path in paths)
        {
            foreach (var folder in Folders(path))
            {
                var name = Path.GetFileName(folder);
                var dot = name.LastIndexOf('.');
                if (dot > 0 && name[dot..] is ".wants" or ".requires" && Path.Combine(folder, unit) is var link && IsThere(link))
                {
                    return (name[..dot], link);
                }
            }
        }

        return null;
    }

    /// <summary>The timer that starts a unit: of the same name, or one that names it (systemd.timer(5)).</summary>
    public (string Timer, string File, string When)? TimerOf(string unit)
    {
        var own = $"{unit[..Math.Max(0, unit.LastIndexOf('.'))]}.timer";
        if (Find(own) is { } file && (Setting(own, "Unit") ?? unit) == unit)
        {
            return (own, file, When(own));
        }

        foreach (var other in paths.SelectMany(static path => FilesIn(path, "*.timer")).Take(MostTimers))
        {
            var timer = Path.GetFileName(other);
            if (Setting(timer, "Unit") == unit)
            {
                return (timer, other, When(timer));
            }
        }

        return null;
    }

    /// <summary>The last value of a setting in one file; <c>null</c> where it is not there.</summary>
    internal static string? Last(string text, string setting)
    {
        string? value = null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var equals = line.IndexOf('=');
            if (equals > 0 && line[..equals].Trim().SequenceEqual(setting))
            {
                value = line[(equals + 1)..].Trim().ToString();
            }
        }

        return value;
    }

    private string When(string timer)
    {
        foreach (var setting in Times)
        {
            if (Setting(timer, setting) is { } value)
            {
                return $"{setting}={value}";
            }
        }

        return "";
    }

    /// <summary>The file of a unit and its drop-ins, in the order in which they count.</summary>
    private IEnumerable<string> Files(string unit)
    {
        if (Find(unit) is { } file)
        {
            yield return file;
        }

        foreach (var name in Names(unit).Reverse())
        {
            foreach (var part in paths.Reverse().SelectMany(path => FilesIn(Path.Combine(path, $"{name}.d"), "*.conf")))
            {
                yield return part;
            }
        }
    }

    /// <summary>The unit, and the template of an instance: <c>getty@tty1.service</c>, <c>getty@.service</c>.</summary>
    private static IEnumerable<string> Names(string unit)
    {
        yield return unit;
        var (at, dot) = (unit.IndexOf('@', StringComparison.Ordinal), unit.LastIndexOf('.'));
        if (at > 0 && dot > at + 1)
        {
            yield return $"{unit[..(at + 1)]}{unit[dot..]}";
        }
    }

    // A link whose target is gone counts too: systemd reads its name.
    private static bool IsThere(string link)
    {
        try
        {
            return File.Exists(link) || new FileInfo(link).LinkTarget is not null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static IEnumerable<string> FilesIn(string folder, string pattern)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IEnumerable<string> Folders(string path)
    {
        try
        {
            return Directory.Exists(path) ? Directory.GetDirectories(path).Order(StringComparer.Ordinal) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
