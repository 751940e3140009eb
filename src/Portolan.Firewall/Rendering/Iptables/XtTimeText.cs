using System.Globalization;
using System.Text;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Rendering.Iptables;

/// <summary><c>-m time --timestart 08:00:00 --timestop 17:00:00 --weekdays Mon,Tue</c> (libxt_time.c).</summary>
internal static class XtTimeText
{
    private const uint LastSecondOfDay = 86_399;
    private const uint AllMonthDays = 0xFFFF_FFFE;
    private const byte AllWeekDays = 0xFE;
    private const uint LastDate = int.MaxValue;

    /// <summary>The words.</summary>
    public static string Of(TimeMatch match)
    {
        var text = new StringBuilder("-m time");
        if (match.FirstSecond != 0 || match.LastSecond != LastSecondOfDay)
        {
            text.Append($" --timestart {Clock(match.FirstSecond)} --timestop {Clock(match.LastSecond)}");
        }

        if (match.MonthDays != AllMonthDays)
        {
            text.Append($" --monthdays {string.Join(',', Enumerable.Range(1, 31).Where(day => (match.MonthDays & (1u << day)) != 0))}");
        }

        if (match.WeekDays != AllWeekDays)
        {
            string[] names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
            text.Append($" --weekdays {string.Join(',', names.Where((_, index) => (match.WeekDays & (2 << index)) != 0))}");
        }

        text.Append(match.FirstDate == 0 ? "" : $" --datestart {Date(match.FirstDate)}");
        text.Append(match.LastDate == LastDate ? "" : $" --datestop {Date(match.LastDate)}");
        return text.Append(match.IsLocal ? " --kerneltz" : "").Append(match.IsContiguous ? " --contiguous" : "").ToString();
    }

    private static string Clock(uint second) =>
        string.Create(CultureInfo.InvariantCulture, $"{second / 3600:00}:{second / 60 % 60:00}:{second % 60:00}");

    private static string Date(uint second) =>
        DateTimeOffset.FromUnixTimeSeconds(second).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
}
