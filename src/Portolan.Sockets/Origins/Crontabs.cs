using Portolan.Linux;

namespace Portolan.Sockets.Origins;

/// <param name="Schedule">Its five fields, or a word such as <c>@reboot</c>.</param>
/// <param name="Place">The file and the line's number.</param>
internal sealed record CrontabLine(string Schedule, string Place);

/// <summary>Finds the line of a crontab that runs a command (crontab(5)). Those of other users only root may read.</summary>
/// <param name="system">Files whose lines name a user behind the schedule.</param>
/// <param name="folders">Folders of such files.</param>
/// <param name="users">Folders of users' own.</param>
internal sealed class Crontabs(IReadOnlyList<string> system, IReadOnlyList<string> folders, IReadOnlyList<string> users)
{
    private const int LongestFile = 256 * 1024;
    private const int MostFiles = 1000;
    private const int Fields = 5;

    /// <summary>Those of Debian, Red Hat and others.</summary>
    public static Crontabs OfThisMachine { get; } =
        new(["/etc/crontab"], ["/etc/cron.d"], ["/var/spool/cron/crontabs", "/var/spool/cron", "/etc/crontabs"]);

    /// <summary>The first line with this command; <c>null</c> where none is found, or it may not be read.</summary>
    public CrontabLine? Find(string command)
    {
        // A percent sign ends the command in the file, and stands there behind a backslash where it is meant.
        var wanted = command.Trim();
        foreach (var file in system.Concat(folders.SelectMany(FilesIn)).Concat(users.SelectMany(FilesIn)).Take(MostFiles))
        {
            var number = 0;
            foreach (var line in (SmallFile.Text(file, LongestFile) ?? "").Split('\n'))
            {
                number++;
                var text = line.Trim().Replace("\\%", "%", StringComparison.Ordinal);
                if (text.Length > 0 && text[0] != '#' && text.EndsWith(wanted, StringComparison.Ordinal)
                    && ScheduleOf(text[..^wanted.Length]) is { } schedule)
                {
                    return new CrontabLine(schedule, $"{file}, line {number}");
                }
            }
        }

        return null;
    }

    /// <summary>The schedule before a command, and perhaps a user; <c>null</c> where that is none.</summary>
    private static string? ScheduleOf(string before)
    {
        if (before.Length > 0 && !char.IsWhiteSpace(before[^1]))
        {
            return null;
        }

        var words = before.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return words is [['@', ..], ..] ? words[0]
            : words.Length is Fields or Fields + 1 ? string.Join(' ', words.Take(Fields))
            : null;
    }

    private static IEnumerable<string> FilesIn(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetFiles(folder).Order(StringComparer.Ordinal) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
