using System.Buffers.Binary;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt.Matches;
using Portolan.Linux;

namespace Portolan.Firewall.Judging;

/// <summary>The moments at which rules that ask for the time may begin or cease to match.</summary>
/// <remarks>
/// More than there are, never fewer: a constant of such a rule counts in either byte order, and each value counts as the last one too.
/// </remarks>
public static class TimeBoundaries
{
    private const long SecondsADay = 86_400;
    private const int HourLength = 4;
    private const int NanosecondsLength = 8;

    /// <summary>Those after now, in order; none where no rule asks for the time.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="clock">Now.</param>
    /// <param name="ahead">How far ahead to look.</param>
    public static IEnumerable<DateTimeOffset> After(Ruleset rules, KernelClock clock, TimeSpan ahead)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(clock);
        var (ofDay, dates) = (new SortedSet<long>(), new SortedSet<long>());
        foreach (var table in rules.Tables)
        {
            foreach (var rule in table.Chains.SelectMany(static c => c.Rules))
            {
                Collect(table, rule, clock, ofDay, dates);
            }
        }

        var now = clock.Now.ToUnixTimeSeconds();
        var midnight = now - (now % SecondsADay);
        var days = ofDay.Count == 0 ? 0 : (int)ahead.TotalDays + 2;
        return Enumerable.Range(-1, days).SelectMany(day => ofDay.Select(s => midnight + (day * SecondsADay) + s))
            .Concat(dates).Where(s => s > now && s <= now + (long)ahead.TotalSeconds).Distinct().Order().Select(
                DateTimeOffset.FromUnixTimeSeconds);
    }

    private static void Collect(RuleTable table, Rule rule, KernelClock clock, SortedSet<long> ofDay, SortedSet<long> dates)
    {
        var west = clock.MinutesWest * 60L;
        foreach (var expression in rule.Expressions)
        {
            switch (expression)
            {
                case XtMatchExpression { Match: TimeMatch time }:
                    var offset = time.IsLocal ? west : 0;
                    ofDay.UnionWith([offset, time.FirstSecond + offset, time.LastSecond + offset, time.LastSecond + 1 + offset]);
                    dates.UnionWith([time.FirstDate + offset, time.LastDate + 1L + offset]);
                    break;
                case MetaExpression { Key: MetaKey.TimeDay }:
                    ofDay.Add(((west % SecondsADay) + SecondsADay) % SecondsADay);
                    break;
                case MetaExpression { Key: MetaKey.TimeHour }:
                    ofDay.Add(0);
                    foreach (var value in Constants(table, rule).Where(static v => v.Length == HourLength)
                        .SelectMany(
                            static v =>
                                new[] { BinaryPrimitives.ReadUInt32LittleEndian(v.Span), BinaryPrimitives.ReadUInt32BigEndian(v.Span) })
                                .Where(static s => s < SecondsADay))
                    {
                        ofDay.UnionWith([value, value + 1]);
                    }

                    break;
                case MetaExpression { Key: MetaKey.TimeNanoseconds }:
                    foreach (var value in Constants(table, rule).Where(static v => v.Length == NanosecondsLength).SelectMany(
                        static v =>
                            new[] { BinaryPrimitives.ReadUInt64LittleEndian(v.Span), BinaryPrimitives.ReadUInt64BigEndian(v.Span) }))
                    {
                        dates.UnionWith([(long)(value / 1_000_000_000), (long)(value / 1_000_000_000) + 1]);
                    }

                    break;
            }
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Constants(RuleTable table, Rule rule) => rule.Expressions.SelectMany(e => e switch
    {
        CompareExpression compare => [compare.Data],
        RangeExpression range => [range.From, range.To],
        LookupExpression lookup => table.Sets.FirstOrDefault(s => s.Name == lookup.SetName)?.Elements.Select(static v => v.Key) ?? [],
        _ => Enumerable.Empty<ReadOnlyMemory<byte>>(),
    });
}
