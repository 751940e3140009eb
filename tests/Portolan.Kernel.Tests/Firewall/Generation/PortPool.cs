namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>Ports and ranges of rules.</summary>
internal sealed class PortPool(Dice dice)
{
    private static readonly int[] Known = [22, 80, 443, 5432, 8080, 53, 123, 4000];

    /// <summary>Ports at or just beyond a border.</summary>
    public List<int> Borders { get; } = [];

    public int Port() => dice.Percent(85) ? dice.Of<int>(Known) : dice.Of(1, 65535, 21, 81, 1023, 1024);

    /// <summary>A port or range.</summary>
    public (int First, int Last) Interval()
    {
        var port = Port();
        var interval = dice.Next(10) switch
        {
            < 6 => (port, port),
            < 9 => (port, Math.Min(65535, port + dice.Of(1, 3, 100, 5000))),
            _ => dice.Percent(50) ? (0, port) : (port, 65535),
        };
        Borders.AddRange(
            [Math.Max(1, interval.Item1 - 1), Math.Max(1, interval.Item1), interval.Item2, Math.Min(65535, interval.Item2 + 1)]);
        return interval;
    }

    /// <summary>Up to so many that do not overlap.</summary>
    public List<(int First, int Last)> Disjoint(int count)
    {
        var result = new List<(int First, int Last)>();
        for (var i = 0; i < count; i++)
        {
            var next = Interval();
            if (!result.Exists(o => next.First <= o.Last && o.First <= next.Last))
            {
                result.Add(next);
            }
        }

        return result;
    }

    public static string Text((int First, int Last) interval) =>
        interval.First == interval.Last ? $"{interval.First}" : $"{interval.First}-{interval.Last}";
}
