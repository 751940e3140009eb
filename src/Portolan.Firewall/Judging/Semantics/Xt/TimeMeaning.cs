using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Xt.Matches;
using Portolan.Linux;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Dates, days and hours (time_mt).</summary>
internal sealed class TimeMeaning : XtMatchMeaning<TimeMatch>
{
    private const long SecondsADay = 86_400;
    private const byte AllWeekDays = 0xfe;

    protected override void Compile(TimeMatch match, RuleBuilder rule)
    {
        if (rule.Context.Host.Clock is not { } clock)
        {
            rule.Doubt("it depends on the time, which is unknown here");
        }
        else if (!Holds(match, clock))
        {
            rule.Break();
        }
    }

    private static bool Holds(TimeMatch match, KernelClock clock)
    {
        var seconds = clock.Now.ToUnixTimeSeconds() - (match.IsLocal ? clock.MinutesWest * 60L : 0);
        if (seconds < match.FirstDate || seconds > match.LastDate)
        {
            return false;
        }

        var second = RuleTime.Second(seconds);
        if (match.FirstSecond < match.LastSecond
            ? second < match.FirstSecond || second > match.LastSecond
            : second < match.FirstSecond && second > match.LastSecond)
        {
            return false;
        }

        // Behind midnight it is still the day that the time began on.
        var isNextDay = match is { IsContiguous: true } && match.FirstSecond >= match.LastSecond && second <= match.LastSecond;
        var day = seconds - (isNextDay ? SecondsADay : 0);
        var weekDay = RuleTime.Day(day);
        return (match.WeekDays == AllWeekDays || (match.WeekDays & (1 << (weekDay == 0 ? 7 : weekDay))) != 0)
            && (match.MonthDays & (1u << DateTimeOffset.FromUnixTimeSeconds(day).Day)) != 0;
    }
}
