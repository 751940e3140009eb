using System.Globalization;
using Portolan.Forwarding.Model;
using Portolan.Model;

namespace Portolan.Cli.Forwarding;

/// <summary>
/// Forwards that follow each other port by port, as those of one range do: more than a few of them are one line for people.
/// </summary>
internal static class ForwardRanges
{
    /// <summary>So many or fewer are shown each by itself.</summary>
    private const int MostApart = 8;

    /// <summary>Puts forwards together: where each group begins, and how many it has.</summary>
    /// <param name="forwards">The forwards, with the ports where they listen.</param>
    /// <param name="standsAlone">Whether there is something to say of one that is not true of its neighbours.</param>
    public static IEnumerable<(int First, int Count)> Group(IReadOnlyList<ForwardSpec> forwards, Func<int, bool> standsAlone)
    {
        for (var first = 0; first < forwards.Count;)
        {
            var end = first + 1;
            while (end < forwards.Count && !standsAlone(end - 1) && !standsAlone(end) && Follows(forwards[end - 1], forwards[end]))
            {
                end++;
            }

            var count = end - first > MostApart ? end - first : 1;
            yield return (first, count);
            first += count;
        }
    }

    /// <summary><c>*:8000-12999/tcp</c>.</summary>
    public static string Listen(ForwardSpec first, int count) =>
        count == 1 ? first.Name : $"{first.Listen}{Last(first.Listen.Port, count)}/{first.Protocol.Name()}";

    /// <summary><c>web:9000-13999</c>.</summary>
    public static string Target(TargetPoint first, int count) => count == 1 ? first.ToString() : $"{first}{Last(first.Port, count)}";

    private static string Last(PortNumber first, int count) => string.Create(CultureInfo.InvariantCulture, $"-{first.Value + count - 1}");

    private static bool Follows(ForwardSpec one, ForwardSpec next) =>
        one.Listen.Path is null && one.Protocol == next.Protocol && IsNext(one.Listen.Port, next.Listen.Port)
            && one.Listen == next.Listen with { Port = one.Listen.Port }
        && one.Targets.Count == next.Targets.Count
        && one.Targets.Zip(next.Targets).All(
            static pair => IsNext(pair.First.Port, pair.Second.Port) && pair.First == pair.Second with { Port = pair.First.Port })
        && (ReferenceEquals(one.Options, next.Options) || one.IsSameAs(one with { Options = next.Options }));

    private static bool IsNext(PortNumber one, PortNumber next) => next.Value == one.Value + 1;
}
